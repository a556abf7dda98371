#pragma once

#include <chrono>
#include <concepts>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "shoal/export.hpp"

namespace shoal {

/// Thrown when a setting is missing or does not have the type that the module asks for. The text
/// names file, line and key:
/// `conf/shoal.yaml:31: modules.hello.repeat: "often" is not a whole number`.
class SHOAL_EXPORT ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~ConfigError() override;
};

namespace detail {

template <typename T, typename... Known>
concept OneOf = (std::same_as<T, Known> || ...);

/// The types that a setting can be read as.
template <typename T>
concept Setting = OneOf<T, std::string, bool, int, long, unsigned, unsigned long, double,
                        std::chrono::milliseconds, std::vector<std::string>>;

}  // namespace detail

/// A module's own settings: a scalar, a list, or a mapping of names to further settings, as in
/// YAML. Cheap to copy: copies share one immutable tree. Safe to use from any thread.
///
/// When the module's constructor has returned, the container logs each key that the module has not
/// read, with the most similar key that it has read. So a misspelt setting is found without any
/// code in the module.
class SHOAL_EXPORT Config {
 public:
  /// Makes empty settings: `has` returns false, and `get` with a fallback returns the fallback.
  Config();
  Config(const Config&);
  Config(Config&&) noexcept;
  Config& operator=(const Config&);
  Config& operator=(Config&&) noexcept;
  ~Config();

  /// Returns true if the mapping has this key. Counts as reading it.
  bool has(std::string_view key) const;

  /// Returns the value of `key`. Throws ConfigError when it is missing or not a T. T is one of:
  /// std::string, bool (`true`, `false`), int, long, unsigned, unsigned long, double (finite),
  /// std::chrono::milliseconds (a whole number with its unit: `250ms`, `5s`, `2m`, `1h`),
  /// std::vector<std::string> (a list of scalars).
  template <detail::Setting T>
  T get(std::string_view key) const;

  /// Returns the value of `key`, or `fallback` when the key is missing. Throws ConfigError when the
  /// value is not a T.
  template <detail::Setting T>
  T get(std::string_view key, const T& fallback) const {
    return has(key) ? get<T>(key) : fallback;
  }
  std::string get(std::string_view key, const char* fallback) const {
    return get<std::string>(key, std::string(fallback));
  }

  /// Returns the mapping below `key`, or empty settings when the key is missing. Throws ConfigError
  /// when the value is not a mapping.
  Config section(std::string_view key) const;

  /// Returns the elements of the list below `key`, or an empty list when the key is missing. Throws
  /// ConfigError when the value is not a list.
  std::vector<Config> list(std::string_view key) const;

  /// Returns the text of this setting, for example of an element of `list`. Throws ConfigError when
  /// it is not a scalar.
  const std::string& scalar() const;

  /// Returns the keys of this mapping, in the order of the file. Does not count as reading them.
  std::vector<std::string> keys() const;

  /// Returns the keys of this tree that have not been read yet, dotted: `repeat`, `mail.host`,
  /// `menu[2].titel`. A mapping that has not been read counts as one key.
  std::vector<std::string> unused() const;

  /// Returns one line for the log for each key of `unused`: `conf/shoal.yaml:31:
  /// modules.hello.titel: unknown setting: the module never reads it; did you mean "title"?`
  std::vector<std::string> warnings() const;

  /// One setting as the container builds it. Not for modules.
  struct Node;
  explicit Config(std::shared_ptr<const Node> node);
  const std::shared_ptr<const Node>& node() const { return node_; }

 private:
  std::shared_ptr<const Node> node_;
};

}  // namespace shoal
