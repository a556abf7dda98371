#include "releases/linking/missing.hpp"

#include "base/printable.hpp"
#include "elf/error.hpp"
#include "releases/apps/file_bytes.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;

/// Returns false if the file cannot be read, too.
bool has_soname(const fs::path& file, const std::string& soname) {
  try {
    return elf::read(FileBytes(file).bytes()).soname == soname;
  } catch (const FileError&) {
    return false;
  } catch (const elf::Error&) {
    return false;
  }
}

}  // namespace

Fault fault_of_missing(const std::string& asking, const fs::path& file, const std::string& library,
                       const std::string& words, const std::string& remedy) {
  return {asking,
          {.thing = file.native(),
           .fact = "needs " + library + ", which cannot be loaded (" + base::printable(words) + ")",
           .remedy = remedy}};
}

std::string remedy_for_missing(const std::string& name, const std::string& asking,
                               const Apps& apps) {
  for (const auto& [module, file] : apps.files) {
    if (module == asking) continue;
    if (file.path.filename() != fs::path(name).filename() && !has_soname(file.path, name)) continue;
    return file.path.native() + " has this name; put both into one group: " +
           apps.grouping.line_that_joins(asking, module);
  }
  return kInstall;
}

}  // namespace shoal::releases
