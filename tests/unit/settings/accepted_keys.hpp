#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "configuration.hpp"

namespace shoal::settings {

/// Dotted keys: `apps`, `workers.threads`, `log.access.file`. Without the items of lists
/// (`listen.socket`) and without names that the user chooses (`routes.module`).
using Keys = std::set<std::string>;

/// Returns the keys without those that others are within: without `log.access`, if there is
/// `log.access.file`.
inline Keys innermost(const Keys& keys) {
  Keys innermost;
  for (const auto& key : keys) {
    const auto next = keys.lower_bound(key + ".");
    if (next == keys.end() || !next->starts_with(key + ".")) innermost.insert(key);
  }
  return innermost;
}

/// A fixture that asks the reader of configurations itself which keys it accepts.
class AcceptedKeys : public Configuration {
 protected:
  /// Returns all keys that are accepted, the innermost of each.
  Keys accepted() const {
    Keys keys;
    add_below({}, keys);
    return keys;
  }

 private:
  using Path = std::vector<std::string>;

  void add_below(const Path& path, Keys& keys) const {
    for (const auto& name : names_in(path)) {
      Path key = path;
      key.push_back(name);
      const auto before = keys.size();
      add_below(key, keys);
      key.emplace_back("/chosen");  // as in routes
      add_below(key, keys);
      if (keys.size() == before) keys.insert(dotted(path) + name);
    }
  }

  /// Returns the keys of the mapping at `path`, by the error about one that is surely unknown;
  /// empty if there is no mapping with known keys.
  std::vector<std::string> names_in(const Path& path) const {
    std::string yaml = "xxxxxxxxxxxxxxxx: 0";
    for (auto name = path.rbegin(); name != path.rend(); ++name) {
      yaml.insert(0, *name + ": { ").append(" }");
    }
    constexpr std::string_view kKnown = "xxxxxxxxxxxxxxxx: unknown key; the keys here are ";
    for (const auto& error : errors_of(yaml + "\n")) {
      const auto at = error.find(kKnown);
      if (at != std::string::npos) return split(error.substr(at + kKnown.size()));
    }
    return {};
  }

  static std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> names;
    for (;;) {
      const auto comma = list.find(", ");
      names.emplace_back(list.substr(0, comma));
      if (comma == std::string_view::npos) return names;
      list.remove_prefix(comma + 2);
    }
  }

  static std::string dotted(const Path& path) {
    std::string text;
    for (const auto& name : path) {
      if (!name.starts_with('/')) text += name + ".";
    }
    return text;
  }
};

}  // namespace shoal::settings
