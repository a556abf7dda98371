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

/// A setting is missing or not of the type that the module asks for. The text names file, line and
/// key: `conf/shoal.yaml:31: modules.hello.repeat: "often" is not a whole number`.
class SHOAL_EXPORT ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~ConfigError() override;
};

namespace detail {

template <typename T, typename... Known>
concept OneOf = (std::same_as<T, Known> || ...);

/// What a setting can be read as.
template <typename T>
concept Setting = OneOf<T, std::string, bool, int, long, unsigned, unsigned long, double,
                        std::chrono::milliseconds, std::vector<std::string>>;

}  // namespace detail

/// A module's own settings: a scalar, a list, or a mapping of names to further settings, as YAML
/// has them. Cheap to copy (copies share one immutable tree). Safe to read from any thread.
///
/// A key that the module never asks for by the end of its constructor is reported in the log with
/// the nearest key that it did ask for, so a misspelt setting is found without the module's help.
class SHOAL_EXPORT Config {
 public:
  /// Empty: has nothing, every `get` with a default gives the default.
  Config();
  Config(const Config&);
  Config(Config&&) noexcept;
  Config& operator=(const Config&);
  Config& operator=(Config&&) noexcept;
  ~Config();

  /// Whether the mapping has this key. Counts as asking for it.
  bool has(std::string_view key) const;

  /// The value of `key`; throws ConfigError when it is missing or not a T. T is one of:
  /// std::string, bool (`true`, `false`), int, long, unsigned, unsigned long, double (finite),
  /// std::chrono::milliseconds (a whole number with its unit: `250ms`, `5s`, `2m`, `1h`),
  /// std::vector<std::string> (a list of scalars).
  template <detail::Setting T>
  T get(std::string_view key) const;

  /// As above, with `fallback` when the key is missing. Present but not a T still throws.
  template <detail::Setting T>
  T get(std::string_view key, const T& fallback) const {
    return has(key) ? get<T>(key) : fallback;
  }
  std::string get(std::string_view key, const char* fallback) const {
    return get<std::string>(key, std::string(fallback));
  }

  /// The mapping below `key`; empty when there is none. Throws ConfigError when it is no mapping.
  Config section(std::string_view key) const;

  /// The elements of the list below `key`; none when it is missing. Throws when it is no list.
  std::vector<Config> list(std::string_view key) const;

  /// This setting as a scalar, e.g. an element of `list`. Throws ConfigError when it is no scalar.
  const std::string& scalar() const;

  /// The keys of this mapping, in the order of the file.
  std::vector<std::string> keys() const;

  /// Keys of this tree that nobody has asked for yet, dotted: `repeat`, `mail.host`,
  /// `menu[2].titel`. A mapping that nobody has asked for is one key, whatever is in it.
  std::vector<std::string> unused() const;

  /// One line for the log about each of `unused`: `conf/shoal.yaml:31: modules.hello.titel: nobody
  /// asks for it; did you mean "title"?`
  std::vector<std::string> warnings() const;

  /// One setting as the container builds it, and hands it on. Nothing for modules.
  struct Node;
  explicit Config(std::shared_ptr<const Node> node);
  const std::shared_ptr<const Node>& node() const { return node_; }

 private:
  std::shared_ptr<const Node> node_;
};

}  // namespace shoal
