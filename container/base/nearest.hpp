#pragma once

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shoal::base {

/// Returns the Levenshtein distance: how many letters to insert, delete or replace.
inline std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// Returns the known name that was probably meant; nullopt if no name is near enough for a typing
/// error.
template <typename Names>
std::optional<std::string> nearest(std::string_view name, const Names& known) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const auto& candidate : known) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance >= best_distance) continue;
    best = std::string(candidate);
    best_distance = distance;
  }
  return best;
}

/// Returns the end of an error about an unknown name: `; did you mean "settle"?`. Empty if no known
/// name is near.
template <typename Names>
std::string did_you_mean(std::string_view name, const Names& known) {
  const auto best = nearest(name, known);
  return best ? "; did you mean \"" + *best + "\"?" : std::string();
}

}  // namespace shoal::base
