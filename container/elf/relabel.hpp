#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "elf/error.hpp"

namespace shoal::elf {

/// The names of one member of a group in one generation. New names are best short (`~12.3`), since
/// they must find room where old ones stood.
struct Labels {
  bool handler = false;    ///< comes behind its bases in the scope that it shares with them
  std::string own{};       ///< new DT_SONAME; empty: keep the soname as it is
  bool asked_for = false;  ///< another member asks for it, so a DT_SONAME must exist
  std::map<std::string, std::string> needed{};  ///< DT_NEEDED as it stands in the file -> its new
                                                ///< name; version needs follow
};

/// What to write where.
struct Patch {
  std::uint64_t offset = 0;
  std::string bytes;
};

/// What to write into a copy of this file so that the dynamic linker cannot mix it with another
/// generation of its group, and can unload it: names are replaced in place, a DT_SONAME is put in
/// where `labels.asked_for` wants one, unique symbols become weak, NODELETE is cleared. What a
/// handler defines for itself alone, it keeps for itself: its strong symbols become protected, else
/// those of a base would take their place. Nothing else of what the file does changes; its size
/// does not.
///
/// The patches are in the order of their offsets, lie within the file and do not overlap. Throws
/// Error for what is no whole shared object, and, with the linker flag that helps, where there is
/// no room for a name.
std::vector<Patch> relabel(std::string_view bytes, const Labels& labels);

}  // namespace shoal::elf
