#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/nearest.hpp"
#include "settings/names.hpp"
#include "settings/value.hpp"

/// Readers of single values, for Section: called with a Value, each returns its meaning or throws
/// ValueError. Bounds are inclusive.
namespace shoal::settings {

/// Any text that is not empty.
struct Text {
  std::string operator()(const Value& value) const;
};

/// `true` or `false`.
struct Flag {
  bool operator()(const Value& value) const;
};

/// A whole number.
struct Whole {
  int least;
  int most;
  int operator()(const Value& value) const;
};

/// How many threads may run at once: of a process, or of one route.
inline constexpr Whole kThreads{1, 1024};

/// A number with a unit of time.
struct Duration {
  std::chrono::milliseconds least;
  std::chrono::milliseconds most;
  std::chrono::milliseconds operator()(const Value& value) const;
};

/// How long a request may take: for all routes, or for one.
inline constexpr Duration kRequestTimeout{std::chrono::milliseconds(1), std::chrono::hours(24)};

/// A number with a unit of size, in bytes.
struct Size {
  std::uint64_t least;
  std::uint64_t most;
  std::uint64_t operator()(const Value& value) const;
};

/// A path, made absolute against `folder`. Symbolic links are not resolved, so that a changed
/// `current -> releases/42` is noticed.
struct Path {
  std::filesystem::path folder;
  std::filesystem::path operator()(const Value& value) const;

  /// The same for a text that is part of a value.
  std::filesystem::path operator()(std::string_view text) const;
};

/// One of a few words.
template <typename Choice>
struct OneOf {
  std::vector<std::pair<std::string_view, Choice>> choices;

  Choice operator()(const Value& value) const {
    const std::string& text = value.text();
    std::vector<std::string_view> words;
    std::string list;
    for (const auto& [word, choice] : choices) {
      if (text == word) return choice;
      words.push_back(word);
      list.append(list.empty() ? "" : ", ").append(word);
    }
    const std::string nearest = base::did_you_mean(text, words);
    throw ValueError(in_quotes(text) + " is not one of " + list +
                     (nearest.empty() ? "; write one of these" : nearest));
  }
};

}  // namespace shoal::settings
