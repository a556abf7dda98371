#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace shoal::modules {

/// What the loader must know of a shared object before the dynamic linker touches it.
struct Elf {
  std::string soname;               ///< DT_SONAME; empty when it has none
  std::vector<std::string> needed;  ///< DT_NEEDED, in order
};

/// Reads the file at `staged`, from its program headers alone, and verifies that it is a whole
/// shared object for this machine: most truncated files crash dlopen, and some load. Every offset
/// is checked against the file's size. Throws LoadError that names `shown`, the file the author
/// knows.
///
/// REQUIRES: nobody writes to `staged` meanwhile.
Elf read_elf(const std::filesystem::path& staged, const std::filesystem::path& shown);

}  // namespace shoal::modules
