#include "status/words.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "base/printable.hpp"
#include "status/json.hpp"

namespace shoal::status {
namespace {

template <typename... Values>
std::string formatted(const char* format, Values... values) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

/// Returns two digits (`1.2`) below 10, else a whole number.
std::string short_number(double number) {
  return formatted(number < 9.95 ? "%.1f" : "%.0f", number);
}

/// Returns true for characters that can change how text is shown and that printable() leaves.
bool changes_display(char32_t point) {
  return (point >= 0x200b && point <= 0x200f) ||  // no width, or change the direction of writing
         (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) ||
         point == 0xfeff;
}

/// Returns the code point at `at` if it has two or three bytes, else 0.
/// REQUIRES: `text` is valid UTF-8.
char32_t point_at(std::string_view text, std::size_t at, std::size_t& length) {
  const auto byte = [&](std::size_t offset) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[at + offset]));
  };
  const char32_t first = byte(0);
  length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length == 2) return (first & 0x1f) << 6 | (byte(1) & 0x3f);
  if (length == 3) return (first & 0xf) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
  return 0;
}

std::tm utc_of(Time at) {
  const auto seconds = static_cast<std::time_t>(std::clamp(at, 0.0, 253402300799.0));
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return parts;
}

std::string time_text(Time at, const char* format) {
  const std::tm parts = utc_of(at);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

}  // namespace

std::string shown(std::string_view text) {
  const std::string line = base::printable(as_utf8(text));
  std::string harmless;
  harmless.reserve(line.size());
  std::size_t length = 0;
  for (std::size_t at = 0; at < line.size(); at += length) {
    const char32_t point = point_at(line, at, length);
    if (changes_display(point)) {
      harmless += formatted("\\u{%x}", static_cast<unsigned>(point));
    } else {
      harmless.append(line, at, length);
    }
  }
  return harmless;
}

std::vector<std::string> shown_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(shown(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string span(double seconds) {
  const auto whole = [](double number) { return count(static_cast<std::uint64_t>(number)); };
  if (!(seconds > 0)) return "0 s";
  if (seconds < 1) return whole(seconds * 1000) + " ms";
  if (seconds < 100) return whole(seconds) + " s";
  if (seconds < 100 * 60) return whole(seconds / 60) + " min";
  if (seconds < 48 * 3600) return whole(seconds / 3600) + " h";
  return whole(std::min(seconds, 1e12) / 86'400) + " days";
}

std::string ago(Time at, Time now) {
  if (at <= 0) return "never";
  return now - at < 1 ? "just now" : span(now - at) + " ago";
}

std::string duration(std::chrono::nanoseconds took) {
  const double us = static_cast<double>(took.count()) / 1e3;
  if (us <= 0) return "0";
  if (us < 999.5) return short_number(us) + " us";
  if (us < 999.5e3) return short_number(us / 1e3) + " ms";
  return short_number(us / 1e6) + " s";
}

std::string size(std::uint64_t bytes) {
  constexpr std::array<const char*, 6> kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; amount >= 1023.5 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  return short_number(amount) + " " + kUnits[unit];
}

std::string count(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, ",");
  return digits;
}

std::string count_of(std::uint64_t number, const std::string& one) {
  if (number == 1) return "1 " + one;
  return count(number) + " " + one + (one.ends_with("s") || one.ends_with("sh") ? "es" : "s");
}

std::string utc(Time at) { return time_text(at, "%Y-%m-%d %H:%M:%S UTC"); }

std::string iso_utc(Time at) { return time_text(at, "%Y-%m-%dT%H:%M:%SZ"); }

}  // namespace shoal::status
