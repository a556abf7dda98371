#include "access/format.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "access/conversions.hpp"
#include "base/nearest.hpp"
#include "base/printable.hpp"

namespace shoal::access {
namespace {

using Braces = Conversion::Braces;

/// As in Apache's common log format and in php-fpm.
constexpr const char* kDefaultTime = "%d/%b/%Y:%H:%M:%S %z";

std::string in_quotes(std::string_view text) { return '"' + base::printable(text) + '"'; }

char in_other_case(char c) {
  const bool lower = c >= 'a' && c <= 'z';
  const bool upper = c >= 'A' && c <= 'Z';
  return lower ? static_cast<char>(c - 'a' + 'A') : upper ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? in_other_case(c) : c;
  return lower;
}

const Conversion* find_conversion(char letter) {
  const auto& all = conversions();
  const auto found = std::ranges::find(all, letter, &Conversion::letter);
  return found == all.end() ? nullptr : &*found;
}

std::string known_conversions() {
  std::string text;
  for (const auto& each : conversions()) text.append(" %").append(1, each.letter);
  return text;
}

std::vector<std::string_view> units_of(const Conversion& conversion) {
  std::vector<std::string_view> units;
  for (const auto& way : conversion.ways) units.push_back(way.unit);
  return units;
}

std::string known_units(const Conversion& conversion) {
  std::string text;
  for (const auto unit : units_of(conversion)) text.append(text.empty() ? "" : ", ").append(unit);
  return text;
}

void append_text(const LoggedRequest&, const std::string& text, std::string& line) { line += text; }

/// Parses a format from front to back. Continues behind each error, so that all are found.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {
    while (!rest_.empty()) {
      const std::size_t end = std::min(rest_.find('%'), rest_.size());
      if (end > 0) parts_.push_back({append_text, std::string(take(end))});
      if (!rest_.empty()) parse_conversion();
    }
  }

  std::vector<Part> take_parts() { return std::move(parts_); }
  std::vector<std::string> take_errors() { return std::move(errors_); }
  bool found_cpu() const { return found_cpu_; }

 private:
  std::string_view take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  /// REQUIRES: a percent sign comes next.
  void parse_conversion() {
    const std::string_view whole = rest_;
    std::size_t letter = 1;
    std::string_view braces;
    const bool braced = whole.substr(1, 1) == "{";
    if (braced) {
      const std::size_t end = whole.find('}');
      if (end == std::string_view::npos) {
        take(whole.size());
        return refuse(whole, "has no closing brace; write it as in %{milli}d");
      }
      braces = whole.substr(2, end - 2);
      letter = end + 1;
    }
    // All bytes of the character, so that an error shows it whole.
    take(letter + base::size_of_character(whole.substr(std::min(letter, whole.size()))));
    const std::string_view shown = whole.substr(0, whole.size() - rest_.size());
    if (shown.size() == letter) {
      return refuse(shown, braced ? "has no letter after its braces; write it as in %{milli}d"
                                  : "has no letter after it; write %% for a percent sign");
    }
    const Conversion* conversion = find_conversion(shown[letter]);
    if (conversion == nullptr || shown.size() > letter + 1) return refuse_letter(shown, letter);
    found_cpu_ |= conversion->letter == 'C';
    add(*conversion, shown, braced, braces);
  }

  void add(const Conversion& conversion, std::string_view shown, bool braced,
           std::string_view braces) {
    if (conversion.braces == Braces::kNone && braced) {
      return refuse(shown, std::string("takes no braces; write %") + conversion.letter);
    }
    if (conversion.braces == Braces::kName && braces.empty()) {
      return refuse(shown,
                    std::string("needs a name; write it as in ") +
                        (conversion.letter == 'e' ? "%{HTTP_USER_AGENT}e" : "%{Content-Type}o"));
    }
    if (conversion.braces != Braces::kUnit) {
      const bool by_default = conversion.braces == Braces::kTime && braces.empty();
      parts_.push_back(
          {conversion.ways[0].append, by_default ? kDefaultTime : std::string(braces)});
      return;
    }
    const auto& ways = conversion.ways;
    const auto way = braced ? std::ranges::find(ways, in_lower_case(braces), &Conversion::Way::unit)
                            : ways.begin();
    if (way != ways.end()) return parts_.push_back({way->append, {}});
    refuse(shown, "has an unknown unit" + base::did_you_mean(braces, units_of(conversion)) +
                      (base::nearest(braces, units_of(conversion))
                           ? ""
                           : "; the units are " + known_units(conversion)));
  }

  void refuse_letter(std::string_view shown, std::size_t letter) {
    const char other = in_other_case(shown[letter]);
    const bool slip = shown.size() == letter + 1 && find_conversion(other) != nullptr;
    refuse(shown, slip ? std::string("is not a conversion; did you mean %") + other + "?"
                       : "is not a conversion; the conversions are" + known_conversions());
  }

  void refuse(std::string_view shown, const std::string& problem) {
    errors_.push_back(in_quotes(shown) + " " + problem);
  }

  std::string_view rest_;
  std::vector<Part> parts_;
  std::vector<std::string> errors_;
  bool found_cpu_ = false;
};

}  // namespace

FormatError::FormatError(std::vector<std::string> errors)
    : std::runtime_error(errors.front()), errors_(std::move(errors)) {}

Format::Format(std::string_view text) : json_(text == "json") {
  if (json_) return;
  if (base::printable(text) != text) {
    throw FormatError(
        {in_quotes(text) + " has control characters, or bytes that are not UTF-8; remove them"});
  }
  if (text.find('%') == std::string_view::npos) {
    const std::string slip = base::did_you_mean(text, std::array{"json"});
    throw FormatError(
        {in_quotes(text) + " has no conversion" +
         (slip.empty() ? "; write json, or a text with" + known_conversions() : slip)});
  }
  Parser parser(text);
  asks_for_cpu_ = parser.found_cpu();
  auto errors = parser.take_errors();
  if (!errors.empty()) throw FormatError(std::move(errors));
  parts_ = parser.take_parts();
}

std::string Format::line(const LoggedRequest& request) const {
  if (json_) return json_line(request);
  constexpr std::size_t kExpectedSize = 256;
  std::string line;
  line.reserve(kExpectedSize);
  for (const auto& part : parts_) part.append(request, part.argument, line);
  return line;
}

}  // namespace shoal::access
