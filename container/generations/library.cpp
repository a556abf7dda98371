#include "generations/library.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>

#include "base/descriptor.hpp"
#include "base/files.hpp"
#include "base/mutex.hpp"
#include "base/printable.hpp"
#include "elf/stub.hpp"
#include "generations/outdated.hpp"
#include "releases/linking/load_error.hpp"
#include "releases/linking/missing.hpp"

namespace shoal::generations {
namespace {

// Bytes of what an author's exception says; the rest is left out.
constexpr std::size_t kLongestReason = 8'192;

using boost::dll::load_mode::rtld_local;
using boost::dll::load_mode::rtld_now;

using MakeModule = Module*(Context&);
constexpr const char* kFixIt = "; fix the module, its settings or what it needs, and drop it again";
constexpr const char* kMakeModule = "shoal_make_module";  // see SHOAL_MODULE

/// The dynamic linker's own words: Boost wraps them as
/// `boost::dll::... (dlerror system message: TEXT): Bad file ...`.
std::string words_of(const boost::system::system_error& error) {
  constexpr std::string_view kBegin = "(dlerror system message: ";
  std::string text = error.what();
  if (const auto end = text.rfind("): "); end != std::string::npos) text.erase(end);
  const auto begin = text.find(kBegin);
  return begin == std::string::npos ? text : text.substr(begin + kBegin.size());
}

/// What helps against what the dynamic linker says.
const char* remedy_of(const std::string& words) {
  const auto say = [&](const char* part) { return words.find(part) != std::string::npos; };
  if (say("DT_RELR")) return "; link it without --pack-dyn-relocs=relr";
  if (say("cannot open shared object file")) {
    // It is open by its path; without a soname it does not answer to the name that is asked for.
    return "; link that library with -Wl,-soname,NAME, or this one with the absolute path of its "
           "folder as -Wl,-rpath";
  }
  return "; link it with -z defs and drop it with all that it needs";
}

/// The dynamic linker begins with the file that it could not use, which may be another one than
/// was to be opened. Copies are named by their modules.
std::string at_fault(const std::string& words, const std::filesystem::path& file,
                     const Names& names) {
  for (const auto& [copy, original] : names) {
    if (words.starts_with(copy + ":")) return std::filesystem::path(copy).stem();
  }
  return file.stem();
}

boost::dll::shared_library open(const std::filesystem::path& file, const std::string& shown,
                                const Names& names) {
  try {
    return boost::dll::shared_library(boost::filesystem::path(file.native()),
                                      rtld_now | rtld_local);
  } catch (const boost::system::system_error& error) {
    const std::string words = words_of(error);
    std::string text = words;
    for (const auto& [copy, original] : names) boost::replace_all(text, copy, original);
    const bool named = std::ranges::any_of(
        names, [&](const auto& name) { return text.find(name.second) != std::string::npos; });
    if (!named) text.insert(0, shown + ": ");
    const std::string newer = newer_than_what_is_mapped(words);
    throw releases::LoadError(text + (newer.empty() ? remedy_of(text) : "; " + newer),
                              at_fault(words, file, names));
  }
}

}  // namespace

Names names_of(const releases::Staged& staged) {
  Names names;
  for (const auto& it : staged.modules) {
    names.emplace((staged.stage / (it.module + ".so")).native(), it.path.native());
  }
  return names;
}

Library::Library(const releases::Root& root, const Names& names)
    : shown_(names.at(root.file.native())), module_(root.module) {
  if (!root.stub.empty()) stub_ = open(root.stub, shown_, names);
  library_ = open(root.file, shown_, names);
}

std::unique_ptr<Module> Library::make_handler(Context& context) const {
  // Here the module's exception ends, while its code is still mapped; only text goes on.
  try {
    return std::unique_ptr<Module>(library_.get<MakeModule>(kMakeModule)(context));
  } catch (const std::exception& error) {
    std::string why = base::text_of(error);
    if (why.size() > kLongestReason) why.resize(kLongestReason);
    throw releases::LoadError(shown_ + ": its constructor threw: " + why + kFixIt, module_);
  } catch (...) {
    throw releases::LoadError(
        shown_ + ": its constructor threw something that is not a std::exception" + kFixIt,
        module_);
  }
}

void open_outside(const releases::Staged& staged) {
  using boost::dll::load_mode::search_system_folders;
  static base::Mutex mutex;
  static auto& kept =
      *new std::map<releases::Outside, boost::dll::shared_library>();  // NOLINT: for ever
  const base::MutexLock lock(mutex);
  for (const auto& [library, asking, remedy] : staged.outside) {
    if (kept.contains(library)) continue;
    const bool by_path = !library.file.empty();
    const std::string& name = by_path ? library.file.native() : library.name;
    // Boost puts ./ before a bare name unless it is told where to search.
    const auto mode =
        by_path ? rtld_now | rtld_local : rtld_now | rtld_local | search_system_folders;
    try {
      kept.emplace(library, boost::dll::shared_library(boost::filesystem::path(name), mode));
    } catch (const boost::system::system_error& error) {
      const std::string words = words_of(error);
      const std::string newer = newer_than_what_is_mapped(words);
      const releases::Fault fault = releases::fault_of_missing(
          asking, staged.path_of(asking), library.name, words, newer.empty() ? remedy : newer);
      throw releases::LoadError(fault.text(), asking);
    }
  }
}

void collect_unused(const std::filesystem::path& folder) {
  // Every dlclose that closes something does it; this one closes nothing of use.
  static unsigned count = 0;
  const auto broom =
      folder / ("broom." + std::to_string(::getpid()) + "." + std::to_string(++count));
  {
    const base::Descriptor file(
        ::open(broom.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    const std::string stub = elf::stub({}, "~broom");
    if (!file || !base::write_whole(file.get(), stub)) return;
  }
  boost::system::error_code none;
  boost::dll::shared_library closed(boost::filesystem::path(broom.native()), none,
                                    rtld_now | rtld_local);
  closed.unload();
  std::error_code ignored;
  std::filesystem::remove(broom, ignored);
}

}  // namespace shoal::generations
