#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

// What one module and one group may have at most. A link that leads to a tree that is not meant for
// the container must not fill the disk, nor keep other groups waiting for a load of that tree.
namespace shoal::modules {

/// Bytes of one module's file.
inline constexpr std::int64_t kLargestFile = std::int64_t{1} << 30;

/// Modules of one group.
inline constexpr std::size_t kMostMembers = 1'000;

/// Why a file of `size` bytes is refused: fact and remedy. Empty when it is not too large.
std::string fault_of_size(std::int64_t size);

/// Why a group of so many modules is refused: group, fact and remedy. Empty when it is not.
std::string fault_of_members(const std::string& group, std::size_t members);

}  // namespace shoal::modules
