#pragma once

#include <cstdint>
#include <vector>

#include "elf/image.hpp"

namespace shoal::elf {

/// One name in the tables of version needs and version definitions.
struct VersionName {
  enum class Kind {
    kFile,   ///< the library that a version is needed of: must be one of DT_NEEDED
    kOwn,    ///< the file's own name, by convention its DT_SONAME
    kOther,  ///< of a version
  };
  Kind kind = Kind::kOther;
  std::uint64_t offset = 0;    ///< of the 32-bit field in the file
  std::uint64_t position = 0;  ///< in the string table
};

/// All of them, by the chains that the dynamic linker follows. Throws Error where one leads out of
/// the file or never ends.
std::vector<VersionName> version_names(const Image& image);

}  // namespace shoal::elf
