#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace shoal::modules {

/// Whether `segment` may stand between the dots of a module's name: letters, digits, `_` and `-`.
bool is_name_segment(std::string_view segment);

/// The name of the module at `relative`, a path below the apps folder: `aquarium/screen/home.so` is
/// `aquarium.screen.home`. None when it does not end in `.so` or has a segment that is no name.
std::optional<std::string> name_of(const std::filesystem::path& relative);

/// A type is a dotted prefix: `aquarium.screen` covers itself and `aquarium.screen.home`, but not
/// `aquarium.screenshot`.
bool is_of_type(std::string_view name, std::string_view type);

}  // namespace shoal::modules
