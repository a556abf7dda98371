#include "settings/names.hpp"

#include <algorithm>

#include "base/printable.hpp"

namespace shoal::settings {

bool is_plain_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

bool is_dotted_name(std::string_view name) {
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) return is_plain_name(name);
  return is_plain_name(name.substr(0, dot)) && is_dotted_name(name.substr(dot + 1));
}

std::string not_a_dotted_name(std::string_view name) {
  return in_quotes(name) +
         " is not a dotted name; write letters, digits, _ and -, joined by single dots, as in "
         "aquarium.screen";
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 120;
  if (text.size() <= kLongest) return '"' + base::printable(text) + '"';
  return '"' + base::printable(text.substr(0, kLongest)) + "...\"";
}

}  // namespace shoal::settings
