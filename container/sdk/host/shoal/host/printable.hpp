#pragma once

#include <string>
#include <string_view>

namespace shoal::host {

/// `text` fit for one line of a log: control bytes become \xNN, so that nothing a visitor sends can
/// forge a line or steer a terminal.
inline std::string printable(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      line += c;
      continue;
    }
    line += "\\x";
    line += kHex[byte >> 4];
    line += kHex[byte & 0xf];
  }
  return line;
}

}  // namespace shoal::host
