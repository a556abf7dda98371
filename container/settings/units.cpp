#include "settings/units.hpp"

#include <array>
#include <charconv>
#include <span>

#include "settings/names.hpp"
#include "settings/value_error.hpp"

namespace shoal::settings {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t worth;
};

// From small to large: a value is shown in the largest unit that divides it.
constexpr std::array<Unit, 4> kTimes{{{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}}};
constexpr std::array<Unit, 4> kSizes{
    {{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};

/// One kind of quantity, and the words of its errors.
struct Quantity {
  std::span<const Unit> units;
  const char* noun;      ///< "a duration"
  const char* examples;  ///< "5s or 250ms"
};

constexpr Quantity kDuration{kTimes, "a duration", "5s or 250ms"};
constexpr Quantity kSize{kSizes, "a size", "8MiB or 512KiB"};

std::string names_of(std::span<const Unit> units) {
  std::string names;
  for (const auto& unit : units) names.append(names.empty() ? "" : ", ").append(unit.name);
  return names;
}

ValueError too_large(std::string_view text) {
  return ValueError(in_quotes(text) + " is too large; write a smaller number");
}

std::uint64_t parse(std::string_view text, const Quantity& quantity) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string write_one = std::string("; write one, as in ") + quantity.examples;
  if (error == std::errc::invalid_argument) {
    throw ValueError(in_quotes(text) + " is not " + quantity.noun + write_one);
  }
  if (error != std::errc()) throw too_large(text);

  const auto name = text.substr(static_cast<std::size_t>(end - text.data()));
  if (name.empty()) throw ValueError("has no unit" + write_one);
  if (name.front() == '.' || name.front() == ',') {
    throw ValueError(in_quotes(text) + " has a fraction; write a whole number of a smaller unit (" +
                     names_of(quantity.units) + ")");
  }
  for (const auto& unit : quantity.units) {
    if (unit.name != name) continue;
    // Signed milliseconds and bytes must hold the value.
    if (number > INT64_MAX / unit.worth) throw too_large(text);
    return number * unit.worth;
  }
  throw ValueError(in_quotes(text) + " has an unknown unit; write one of " +
                   names_of(quantity.units) + " right after the number, as in " +
                   quantity.examples);
}

std::string show(std::uint64_t value, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const auto& unit : units) {
    if (value != 0 && value % unit.worth == 0) best = &unit;
  }
  return std::to_string(value / best->worth).append(best->name);
}

}  // namespace

std::chrono::milliseconds parse_duration(std::string_view text) {
  return std::chrono::milliseconds(parse(text, kDuration));
}

std::uint64_t parse_size(std::string_view text) { return parse(text, kSize); }

std::string to_text(std::chrono::milliseconds duration) {
  return show(static_cast<std::uint64_t>(duration.count()), kTimes);
}

std::string to_text(std::uint64_t size) { return show(size, kSizes); }

}  // namespace shoal::settings
