#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "elf/error.hpp"

namespace shoal::elf {

/// The new names of one module in one generation of its group. Short names (`~12.3`) are best: they
/// must fit into the space of the old ones.
struct Labels {
  bool handler = false;           ///< its bases come before it in the scope that they share
  std::string own{};              ///< new DT_SONAME; empty: the soname stays
  bool needed_by_others = false;  ///< another module of the group needs it, so it must get a soname
  std::map<std::string, std::string> needed{};  ///< old DT_NEEDED -> its new name, also used in the
                                                ///< version needs
};

/// Bytes to write at an offset of the copy.
struct Patch {
  std::uint64_t offset = 0;
  std::string bytes;
};

/// Returns what to write into a copy of this file so that the dynamic linker cannot mix it with
/// another generation of its group, and can unload it:
/// - its soname and the names of the modules that it needs are replaced in place;
/// - a DT_SONAME is added where `labels.needed_by_others` requires one;
/// - unique symbols become weak, and DF_1_NODELETE is cleared;
/// - the strong symbols of a handler become protected, else it would use those of its bases.
///
/// The size of the file stays. The patches are sorted by offset, lie within the file and do not
/// overlap. Throws Error for a file that is not a complete shared object, and for one that has no
/// space for a name; that message has the linker flag that helps.
std::vector<Patch> relabel(std::string_view bytes, const Labels& labels);

}  // namespace shoal::elf
