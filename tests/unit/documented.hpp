#pragma once

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

// What deploy/monitoring.md documents of an output, and what the output has: both as sets of texts.
namespace shoal::test {

using Texts = std::set<std::string>;

/// The rows of the table below the heading, each as its cells without backquotes: `a|gauge|x, y`.
/// Only the first `cells` cells.
inline Texts documented(const std::string& file, const std::string& heading,
                        std::size_t cells = 1) {
  std::ifstream stream(file);
  Texts rows;
  bool inside = false;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("## ")) inside = line == "## " + heading;
    if (!inside || !line.starts_with("| `")) continue;
    std::erase(line, '`');
    std::istringstream text(line.substr(1));
    std::string row;
    std::size_t number = 0;
    for (std::string cell; number < cells && std::getline(text, cell, '|'); ++number) {
      const auto first = cell.find_first_not_of(' ');
      const auto last = cell.find_last_not_of(' ');
      row += (number > 0 ? "|" : "");
      if (first != std::string::npos) row += cell.substr(first, last + 1 - first);
    }
    rows.insert(row);
  }
  return rows;
}

/// The keys of the JSON: `groups[].name`. The items of a list count as one. Not into the objects
/// and lists named by `whole`.
inline void add_keys(const nlohmann::json& json, const std::string& path, const Texts& whole,
                     Texts& keys) {
  if (json.is_object() && !whole.contains(path)) {
    for (const auto& [key, value] : json.items()) {
      add_keys(value, path.empty() ? key : path + "." + key, whole, keys);
    }
  } else if (json.is_array() && !whole.contains(path)) {
    for (const auto& item : json) add_keys(item, path + "[]", whole, keys);
  } else {
    keys.insert(path);
  }
}

inline Texts keys_of(const nlohmann::json& json, const Texts& whole = {}) {
  Texts keys;
  add_keys(json, "", whole, keys);
  return keys;
}

}  // namespace shoal::test
