#include "status/exposition.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "status/json.hpp"

namespace shoal::status {
namespace {

std::string escaped(std::string_view text) {
  std::string value;
  for (const char c : as_utf8(text)) {
    if (c == '\n') {
      value += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') value += '\\';
    value += c;
  }
  return value;
}

}  // namespace

void Exposition::family(std::string_view name, std::string_view type, std::string_view unit,
                        std::string_view help) {
  family_ = name;
  text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
  if (!unit.empty()) text_.append("# UNIT ").append(name).append(" ").append(unit).append("\n");
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
}

void Exposition::begin(std::string_view suffix, const Labels& labels) {
  text_.append(family_).append(suffix);
  const char* before = "{";
  for (const auto& [name, value] : labels) {
    text_.append(before).append(name).append("=\"").append(escaped(value)).append("\"");
    before = ",";
  }
  if (!labels.empty()) text_ += '}';
  text_ += ' ';
}

void Exposition::sample(std::string_view suffix, const Labels& labels, std::uint64_t value) {
  begin(suffix, labels);
  text_ += std::to_string(value) + "\n";
}

void Exposition::sample(std::string_view suffix, const Labels& labels, double value) {
  begin(suffix, labels);
  text_ += metric_number(value) + "\n";
}

std::string metric_number(double value) {
  std::array<char, 64> buffer{};
  const double magnitude = std::abs(value);
  const bool ordinary = value == 0 || (magnitude >= 1e-9 && magnitude < 1e15);
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                    ordinary ? std::chars_format::fixed : std::chars_format::scientific);
  if (error != std::errc()) return "NaN";
  const std::string text(buffer.data(), end);
  return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
}

}  // namespace shoal::status
