#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace shoal::modules {

/// Letters of a whole name, dots included. Files are named by it, in stages with more after it, and
/// the name of a file has 255 bytes at most.
inline constexpr std::size_t kLongestName = 200;
inline constexpr const char* kTooLongName =
    "its name, with those of its folders, has more than 200 letters; give it a shorter one";

/// Whether `segment` may stand between the dots of a module's name: letters, digits, `_` and `-`.
bool is_name_segment(std::string_view segment);

/// The name of the module at `relative`, a path below the apps folder: `aquarium/screen/home.so` is
/// `aquarium.screen.home`. None when it does not end in `.so`, has a segment that is no name, or is
/// too long.
std::optional<std::string> name_of(const std::filesystem::path& relative);

/// Whether the length alone keeps it from being a name.
bool is_too_long(const std::filesystem::path& relative);

/// A type is a dotted prefix: `aquarium.screen` covers itself and `aquarium.screen.home`, but not
/// `aquarium.screenshot`.
bool is_of_type(std::string_view name, std::string_view type);

}  // namespace shoal::modules
