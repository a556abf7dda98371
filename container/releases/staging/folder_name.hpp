#pragma once

#include <string>
#include <string_view>

namespace shoal::releases {

/// Returns the name of the folder that belongs to a group: the group's own name wherever that is
/// the safe name of a folder. Otherwise with `%2F` and the like for what would lead out of the
/// parent folder, hide it, or be taken for another file of the container; a name that is too long
/// ends in a digest. Two groups never have the same.
std::string folder_name_of(std::string_view group);

}  // namespace shoal::releases
