#include "scalar.hpp"

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/printable.hpp"

namespace shoal {
namespace {

constexpr std::string_view kDigits = "0123456789";

[[noreturn]] void refuse(const std::string& where, const std::string& text,
                         const std::string& why) {
  throw ConfigError(where + ": \"" + base::printable(text) + "\" " + why);
}

template <std::integral Integer>
[[noreturn]] void refuse_range(const std::string& where, const std::string& text) {
  using Limits = std::numeric_limits<Integer>;
  refuse(where, text,
         "is out of range (" + std::to_string(Limits::min()) + " to " +
             std::to_string(Limits::max()) + ")");
}

template <std::integral Integer>
Integer read_integer(const std::string& where, const std::string& text) {
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  int base = 10;
  if (negative || digits.starts_with('+')) {
    digits.remove_prefix(1);
  } else if (digits.starts_with("0x") || digits.starts_with("0o")) {
    base = digits[1] == 'x' ? 16 : 8;
    digits.remove_prefix(2);
  }

  std::uintmax_t magnitude = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, magnitude, base);
  if (error == std::errc::invalid_argument || stop != end) {
    refuse(where, text, "is not a whole number");
  }

  using Limits = std::numeric_limits<Integer>;
  const auto highest = static_cast<std::uintmax_t>(Limits::max());
  const std::uintmax_t lowest = std::is_signed_v<Integer> ? highest + 1 : 0;
  if (error == std::errc::result_out_of_range || magnitude > (negative ? lowest : highest)) {
    refuse_range<Integer>(where, text);
  }
  return static_cast<Integer>(negative ? 0 - magnitude : magnitude);
}

std::optional<std::int64_t> milliseconds_in(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1'000;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  return std::nullopt;
}

}  // namespace

template <>
bool read_scalar<bool>(const std::string& where, const std::string& text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  refuse(where, text, "is not true or false");
}

template <>
int read_scalar<int>(const std::string& where, const std::string& text) {
  return read_integer<int>(where, text);
}

template <>
long read_scalar<long>(const std::string& where, const std::string& text) {
  return read_integer<long>(where, text);
}

template <>
unsigned read_scalar<unsigned>(const std::string& where, const std::string& text) {
  return read_integer<unsigned>(where, text);
}

template <>
unsigned long read_scalar<unsigned long>(const std::string& where, const std::string& text) {
  return read_integer<unsigned long>(where, text);
}

template <>
double read_scalar<double>(const std::string& where, const std::string& text) {
  std::string_view number = text;
  if (number.starts_with('+')) number.remove_prefix(1);
  // from_chars also accepts "inf" and "nan"; a setting must be finite.
  const bool words = number.find_first_not_of("0123456789+-.eE") != number.npos;
  const bool two_signs = number.size() != text.size() && number.starts_with('-');

  double value = 0;
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, value);
  if (words || two_signs || error == std::errc::invalid_argument || stop != end) {
    refuse(where, text, "is not a number");
  }
  if (error == std::errc::result_out_of_range) refuse(where, text, "is out of range");
  return value;
}

template <>
std::chrono::milliseconds read_scalar<std::chrono::milliseconds>(const std::string& where,
                                                                 const std::string& text) {
  const std::size_t number_end = std::min(text.find_first_not_of(kDigits), text.size());
  if (number_end == 0) refuse(where, text, "is not a duration; write it as 250ms, 5s, 2m or 1h");
  if (number_end == text.size()) {
    refuse(where, text,
           "has no unit; write " + text + "ms, " + text + "s, " + text + "m or " + text + "h");
  }
  const auto unit = milliseconds_in(std::string_view(text).substr(number_end));
  if (!unit) refuse(where, text, "is not a duration; its unit must be ms, s, m or h");

  std::int64_t count = 0;
  const auto error = std::from_chars(text.data(), text.data() + number_end, count).ec;
  constexpr std::int64_t kLongest = std::chrono::milliseconds::max().count();
  if (error != std::errc() || count > kLongest / *unit) refuse(where, text, "is out of range");
  return std::chrono::milliseconds(count * *unit);
}

}  // namespace shoal
