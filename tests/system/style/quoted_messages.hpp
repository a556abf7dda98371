#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace shoal::system {

/// Returns the string literals of C++ source text. Adjacent literals are joined, as the compiler
/// does.
std::vector<std::string> string_literals(const std::string& source);

/// Returns the messages that a Markdown text quotes:
///
/// - each line of a block that begins with ```` ```log ````;
/// - in the text, what stands between straight double quotes, but not inside of `code`.
std::vector<std::string> messages_quoted_in(const std::string& markdown);

/// Returns the quoted messages that the container does not have, as `apps/README.md: "its
/// constructor failed: ..."`. Looks into README.md and the documents of apps/, conf/ and deploy/.
///
/// A message is made of string literals and values. So a quotation is split at its values, at
/// colons and at semicolons. A value is `...`, a word with a digit, a slash, an inner dot or an
/// inner capital, and what the quotation itself has in quotes. Each part of two words or more must
/// be in a string literal of container/ or of the example modules. A part of one word counts only
/// if all parts have one word, and the quotation is not a line of a block.
std::vector<std::string> quotations_without_message(const std::filesystem::path& repository);

}  // namespace shoal::system
