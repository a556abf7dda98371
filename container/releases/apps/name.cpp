#include "releases/apps/name.hpp"

#include <algorithm>

namespace shoal::releases {

bool is_name_segment(std::string_view segment) {
  return !segment.empty() && std::ranges::all_of(segment, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

namespace {

/// As name_of, of any length.
std::optional<std::string> dotted(const std::filesystem::path& relative) {
  if (relative.extension() != ".so") return std::nullopt;
  std::string name;
  std::filesystem::path stem = relative;
  for (const auto& segment : stem.replace_extension()) {
    if (!is_name_segment(segment.native())) return std::nullopt;
    if (!name.empty()) name += '.';
    name += segment.native();
  }
  return name;
}

}  // namespace

std::optional<std::string> name_of(const std::filesystem::path& relative) {
  auto name = dotted(relative);
  if (name && name->size() > kLongestName) return std::nullopt;
  return name;
}

std::optional<base::Failure> fault_of_name(const std::filesystem::path& relative) {
  const auto name = dotted(relative);
  if (!name) {
    return base::Failure{.fact = "not a module name",
                         .remedy = "use only letters, digits, _ and -"};
  }
  if (name->size() > kLongestName) return too_long_name();
  return std::nullopt;
}

base::Failure too_long_name() {
  return {.fact = "its module name has more than " + std::to_string(kLongestName) + " characters",
          .remedy = "shorten the name of the file or of a folder"};
}

bool is_of_type(std::string_view name, std::string_view type) {
  return name.starts_with(type) && (name.size() == type.size() || name[type.size()] == '.');
}

}  // namespace shoal::releases
