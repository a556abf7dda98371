#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/failure.hpp"

namespace shoal::releases {

/// Letters of a whole name, dots included. Files are named by it, in stages with more after it, and
/// the name of a file has 255 bytes at most.
inline constexpr std::size_t kLongestName = 200;

/// Whether `segment` may stand between the dots of a module's name: letters, digits, `_` and `-`.
bool is_name_segment(std::string_view segment);

/// The name of the module at `relative`, a path below the apps folder: `aquarium/screen/home.so` is
/// `aquarium.screen.home`. None when it does not end in `.so`, has a segment that is no name, or is
/// too long.
std::optional<std::string> name_of(const std::filesystem::path& relative);

/// Returns what keeps the file at `relative`, a path below the apps folder, from being a module:
/// its name is too long, or has a part that is not a name segment. The thing is left empty. Nullopt
/// if name_of() gives it a name.
std::optional<base::Failure> fault_of_name(const std::filesystem::path& relative);

/// Returns the fault of a name that is too long.
base::Failure too_long_name();

/// A type is a dotted prefix: `aquarium.screen` covers itself and `aquarium.screen.home`, but not
/// `aquarium.screenshot`.
bool is_of_type(std::string_view name, std::string_view type);

}  // namespace shoal::releases
