#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "settings/value.hpp"

namespace shoal::settings {

/// A mapping with known keys. Ask for each key in one line, then refuse all others:
///
///     Section section(value);
///     section.optional("threads", workers.threads, Whole{1, 1024});
///     section.optional("grace", workers.grace, Duration{0s, 1h});
///     section.refuse_others();
///
/// A reader is called with the Value and returns its meaning, or throws ValueError. Then the error
/// is added, the target keeps its default, and reading continues. Used by one thread.
class Section {
 public:
  /// Throws ValueError if `value` is not a mapping.
  explicit Section(const Value& value) : value_(value), entries_(value.entries()) {}

  /// Returns false if the key was there and had an error.
  template <typename Target, typename Read>
  bool optional(std::string_view key, Target& target, const Read& read) {
    const Value* found = find(key);
    return found == nullptr || found->attempt([&] { target = read(*found); });
  }

  /// Adds an error if the key is missing; its remedy is to write `example`. Returns true if the key
  /// was there and had no error.
  template <typename Target, typename Read>
  bool required(std::string_view key, Target& target, const Read& read, std::string_view example) {
    if (const Value* found = find(key)) return found->attempt([&] { target = read(*found); });
    add_missing(key, example);
    return false;
  }

  /// Adds an error about the entry `key`. Returns false if it is missing: then nothing is added.
  bool add_error(std::string_view key, std::string_view text) const;

  /// Adds an error for each of `keys` that is there. For keys that are known, but cannot be used
  /// together with the others.
  void refuse(std::initializer_list<std::string_view> keys, std::string_view text);

  /// Adds an error, with the nearest known key, for each key that has not been asked for.
  void refuse_others() const;

 private:
  /// Returns the entry, or null if it is missing. From now on the key is known.
  const Value* find(std::string_view key);
  void add_missing(std::string_view key, std::string_view example) const;

  Value value_;
  std::vector<Value> entries_;
  std::vector<std::string_view> known_;
};

}  // namespace shoal::settings
