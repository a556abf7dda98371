#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>

namespace shoal::base {

/// Returns the size in bytes of the UTF-8 character at the beginning of `text` (RFC 3629); 0 if
/// `text` does not begin with one.
inline std::size_t size_of_character(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead < 0xc2   ? 0
                           : lead < 0xe0 ? 2
                           : lead < 0xf0 ? 3
                           : lead < 0xf5 ? 4
                                         : 0;
  if (size == 0 || text.size() < size) return 0;
  // Overlong forms, surrogates, and what lies beyond U+10FFFF show in the second byte.
  const unsigned char least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned char most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < least || byte(1) > most) return 0;
  for (std::size_t at = 2; at < size; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return 0;
  }
  return size;
}

/// Returns true if the byte is a control character of ASCII.
constexpr bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

/// Appends `text`, made fit for one line of a log: each byte of a control character (those of
/// Unicode, too), of what is not UTF-8, and of the ASCII characters in `also` becomes \xNN. So
/// nothing that a visitor sends can forge a line or control a terminal.
inline void append_printable(std::string& line, std::string_view text, std::string_view also = {}) {
  constexpr char kHex[] = "0123456789abcdef";
  while (!text.empty()) {
    const std::size_t size = size_of_character(text);
    const auto lead = static_cast<unsigned char>(text[0]);
    const bool control = size == 1   ? lead < 0x20 || lead == 0x7f
                         : size == 2 ? lead == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0
                                     : size == 0;
    const std::size_t taken = std::max<std::size_t>(size, 1);
    if (!control && also.find(text[0]) == std::string_view::npos) {
      line.append(text, 0, taken);
    } else {
      for (const char c : text.substr(0, taken)) {
        const auto byte = static_cast<unsigned char>(c);
        line.append({'\\', 'x', kHex[byte >> 4], kHex[byte & 0xf]});
      }
    }
    text.remove_prefix(taken);
  }
}

/// Returns true if all of `text` is printable ASCII, as most texts are.
inline bool is_plain(std::string_view text) {
  unsigned plain = 1;  // without a branch for each byte
  for (const char c : text)
    plain &= static_cast<unsigned>(c >= ' ') & static_cast<unsigned>(c < 0x7f);
  return plain == 1;
}

/// Returns `text` as append_printable writes it.
inline std::string printable(std::string text) {
  if (is_plain(text)) return text;
  std::string line;
  line.reserve(text.size());
  append_printable(line, text);
  return line;
}
inline std::string printable(std::string_view text) { return printable(std::string(text)); }
inline std::string printable(const char* text) { return printable(std::string(text)); }

/// Returns what an exception says, printable. A module's own what() may return null.
inline std::string text_of(const std::exception& error) {
  const char* const text = error.what();
  return text == nullptr ? "no text" : printable(text);
}

}  // namespace shoal::base
