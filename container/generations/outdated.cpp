#include "generations/outdated.hpp"

#include <dlfcn.h>
#include <link.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

#include "base/printable.hpp"
#include "elf/error.hpp"
#include "elf/image.hpp"
#include "elf/symbols.hpp"
#include "elf/versions.hpp"
#include "releases/apps/file_bytes.hpp"

namespace shoal::generations {

using releases::FileBytes;
using releases::FileError;

namespace {

namespace fs = std::filesystem;

/// What follows `before`, up to one of the characters in `end`; none when it is not there.
std::optional<std::string> word_after(const std::string& words, std::string_view before,
                                      const char* end) {
  const auto at = words.find(before);
  if (at == std::string::npos) return std::nullopt;
  const auto begin = at + before.size();
  return words.substr(begin, words.find_first_of(end, begin) - begin);
}

bool defines(const elf::Image& image, std::string_view name) {
  const elf::Symbols symbols(image);
  for (std::size_t i = 1; i < symbols.size(); ++i) {
    const elf::Symbol symbol = symbols.at(i);
    if (symbol.defined && symbols.is(symbol, name)) return true;
  }
  return false;
}

bool has_version(const elf::Image& image, const std::string& name) {
  for (const auto& version : elf::version_names(image)) {
    if (version.kind == elf::VersionName::Kind::kOther && image.name(version.position) == name) {
      return true;
    }
  }
  return false;
}

/// Whether the file that now lies at `path` is a shared object that `says` so.
bool file_says(const fs::path& path, const std::function<bool(const elf::Image&)>& says) {
  try {
    const FileBytes file(path);
    return says(elf::Image(file.bytes()));
  } catch (const FileError&) {
    return false;
  } catch (const elf::Error&) {
    return false;
  }
}

/// A library of this process, by the path under which the dynamic linker found it.
struct Loaded {
  std::string path;
  std::uintptr_t address = 0;  ///< of its first segment
};

std::vector<Loaded> all_loaded() {
  std::vector<Loaded> all;
  const auto visit = [](dl_phdr_info* info, std::size_t, void* data) -> int {
    if (!std::string_view(info->dlpi_name).starts_with('/')) return 0;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      const auto& segment = *std::next(info->dlpi_phdr, i);
      if (segment.p_type != PT_LOAD) continue;
      static_cast<std::vector<Loaded>*>(data)->push_back(
          {info->dlpi_name, info->dlpi_addr + segment.p_vaddr});
      return 0;
    }
    return 0;
  };
  ::dl_iterate_phdr(visit, &all);
  return all;
}

/// As the kernel tells it, see proc(5): `/usr/lib/libdep.so.1.0 (deleted)`.
std::string mapped_file(const Loaded& library) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);
    std::uintptr_t begin = 0, end = 0;
    char dash = 0;
    fields >> std::hex >> begin >> dash >> end;
    const auto path = line.find('/');
    if (!fields || library.address < begin || library.address >= end) continue;
    return path == std::string::npos ? library.path : line.substr(path);
  }
  return library.path;
}

bool has_symbol(const Loaded& library, const std::string& name) {
  void* const handle = ::dlopen(library.path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  if (handle == nullptr) return false;
  const bool found = ::dlsym(handle, name.c_str()) != nullptr;
  ::dlclose(handle);
  return found;
}

std::string advice(const std::string& missing, const Loaded& older, const std::string& newer) {
  std::error_code none;
  const fs::path file = fs::canonical(newer, none);
  return "the newer " + (file.empty() ? newer : file.native()) + " has " + missing +
         ", but this process still has the older " + base::printable(mapped_file(older)) +
         " mapped, and a library from outside the apps folder stays until the process ends; "
         "restart the container (systemctl restart shoal)";
}

/// Where a newer file of `library` lies that has the symbol: in its place, or elsewhere under the
/// same name, for the dynamic linker goes by names. Empty when there is none.
std::string newer_with(const std::string& symbol, const Loaded& library,
                       const std::vector<Loaded>& all) {
  const auto says = [&](const elf::Image& image) { return defines(image, symbol); };
  if (file_says(library.path, says)) return library.path;
  for (const auto& other : all) {
    const bool same_name = fs::path(other.path).filename() == fs::path(library.path).filename();
    if (same_name && other.path != library.path && has_symbol(other, symbol)) return other.path;
  }
  return {};
}

}  // namespace

std::string newer_than_what_is_mapped(const std::string& words) {
  // `FILE: undefined symbol: NAME, version VERSION`, the version if there is one.
  if (const auto symbol = word_after(words, "undefined symbol: ", ", \t")) {
    const auto all = all_loaded();
    for (const auto& library : all) {
      if (has_symbol(library, *symbol)) continue;
      const std::string newer = newer_with(*symbol, library, all);
      if (!newer.empty()) return advice(*symbol, library, newer);
    }
  }
  // `LIBRARY: version `VERSION' not found (required by FILE)`: the library as it is mapped lacks
  // it.
  if (const auto version = word_after(words, ": version `", "'")) {
    for (const auto& library : all_loaded()) {
      if (!words.starts_with(library.path + ": ")) continue;
      const auto says = [&](const elf::Image& image) { return has_version(image, *version); };
      if (file_says(library.path, says))
        return advice("version " + *version, library, library.path);
    }
  }
  return {};
}

}  // namespace shoal::generations
