#pragma once

#include <cstdint>
#include <vector>

#include "elf/image.hpp"

namespace shoal::elf {

/// A field of the version tables (DT_VERNEED, DT_VERDEF) that holds a name.
struct VersionName {
  enum class Kind {
    kFile,   ///< the library whose version is needed: also one of DT_NEEDED
    kOwn,    ///< the file itself, by convention its DT_SONAME
    kOther,  ///< a version
  };
  Kind kind = Kind::kOther;
  std::uint64_t offset = 0;    ///< of the 32-bit field in the file
  std::uint64_t position = 0;  ///< of the name in the string table
};

/// Returns all names, along the same chains that the dynamic linker follows. Throws Error when a
/// chain leads outside the file or never ends.
std::vector<VersionName> version_names(const Image& image);

}  // namespace shoal::elf
