#pragma once

#include <string>
#include <string_view>

namespace shoal::settings {

/// Returns true if `name` is letters, digits, `_` and `-`, at least one: the name of a group, or a
/// part of a dotted name.
bool is_plain_name(std::string_view name);

/// Returns true if `name` is plain names joined by single dots, as modules and types have them:
/// `aquarium.screen.home`.
bool is_dotted_name(std::string_view name);

/// Returns the fact and the remedy of an error about a bad dotted name.
std::string not_a_dotted_name(std::string_view name);

/// Returns `text` in quotation marks, escaped and cut to 120 bytes, for an error.
std::string in_quotes(std::string_view text);

}  // namespace shoal::settings
