#include "form.hpp"

#include <uriparser/Uri.h>

#include "ascii.hpp"

namespace shoal {
namespace {

/// Returns the text decoded. uriparser works on C strings, in place. Its uriDissectQueryMalloc also
/// splits the pairs, but returns C strings, so that `admin%00x` would become `admin`. So this file
/// splits the pairs, and takes the end of each decoded piece from uriUnescapeInPlaceEx.
std::string decoded(std::string_view text) {
  using std::string_view_literals::operator""sv;
  if (text.find_first_of("%+\0"sv) == text.npos) return std::string(text);

  std::string result;
  for (;;) {
    const std::size_t nul = text.find('\0');
    std::string piece(text.substr(0, nul));
    const char* end = uriUnescapeInPlaceExA(piece.data(), URI_TRUE, URI_BR_DONT_TOUCH);
    piece.resize(static_cast<std::size_t>(end - piece.data()));
    if (nul == text.npos && result.empty()) return piece;
    result += piece;
    if (nul == text.npos) return result;
    result += '\0';
    text.remove_prefix(nul + 1);
  }
}

}  // namespace

Pairs decode_pairs(std::string_view text, std::size_t limit) {
  Pairs pairs;
  while (!text.empty() && pairs.size() < limit) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string_view value = equals == pair.npos ? "" : pair.substr(equals + 1);
    pairs.emplace_back(decoded(pair.substr(0, equals)), decoded(value));
  }
  return pairs;
}

bool is_form(std::string_view content_type) {
  const std::string_view type = trimmed(content_type.substr(0, content_type.find(';')));
  return same_ignoring_case(type, "application/x-www-form-urlencoded");
}

}  // namespace shoal
