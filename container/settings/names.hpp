#pragma once

#include <string>
#include <string_view>

namespace shoal::settings {

/// Letters, digits, `_` and `-`, at least one: a group's name, or a part of a dotted name.
bool is_plain_name(std::string_view name);

/// Plain names joined by single dots, as modules and types are named: `aquarium.screen.home`.
bool is_dotted_name(std::string_view name);

/// What an error about a bad dotted name says.
std::string not_a_dotted_name(std::string_view name);

/// `text` in quotation marks, on one line and not too long, to be shown in an error.
std::string in_quotes(std::string_view text);

}  // namespace shoal::settings
