#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/failure.hpp"

// What one module and one group may have at most. A link that leads to a tree that is not meant for
// the container must not fill the disk, nor keep other groups waiting for a load of that tree.
namespace shoal::releases {

/// Bytes of one module's file.
inline constexpr std::int64_t kLargestFile = std::int64_t{1} << 30;

/// Modules of one group.
inline constexpr std::size_t kMostMembers = 1'000;

/// Returns why a file of `size` bytes is refused, without its name; nullopt if it is not too large.
std::optional<base::Failure> fault_of_size(std::int64_t size);

/// Returns why a group of so many modules is refused; nullopt if there are not too many.
std::optional<base::Failure> fault_of_members(const std::string& group, std::size_t members);

}  // namespace shoal::releases
