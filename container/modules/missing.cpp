#include "modules/missing.hpp"

#include "elf/error.hpp"
#include "modules/file_bytes.hpp"

namespace shoal::modules {

namespace fs = std::filesystem;

std::string remedy_for_missing(const std::string& name, const std::string& asking,
                               const Apps& apps) {
  for (const auto& [module, file] : apps.files) {
    bool meant = file.path.filename() == fs::path(name).filename();
    try {
      meant |= !meant && facts_of(file.path).soname == name;
    } catch (const elf::Error&) {
      continue;
    }
    if (!meant || module == asking) continue;
    return file.path.native() + " has this name; put both into one group: " +
           apps.grouping.line_that_joins(asking, module);
  }
  return kInstall;
}

}  // namespace shoal::modules
