#pragma once

#include <yaml-cpp/yaml.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "settings/errors.hpp"
#include "settings/value_error.hpp"

namespace shoal::settings {

/// One value of the file, with its dotted key and its place. Used by one thread.
/// REQUIRES: its Errors outlives it.
class Value {
 public:
  Value(Errors& errors, YAML::Node node, std::string key, std::string name, Mark mark);

  bool is_scalar() const { return node_.IsScalar(); }
  bool is_list() const { return node_.IsSequence(); }
  bool is_mapping() const { return node_.IsMap(); }
  bool is_nothing() const { return node_.IsNull(); }  ///< `key:` with nothing after it, or `~`

  /// Returns the scalar as written, without its quotes. Throws ValueError if this is not a scalar.
  const std::string& text() const;

  /// Returns the items of a list. Throws ValueError if this is not a list.
  std::vector<Value> items() const;

  /// Returns the entries of a mapping, in the order of the file; empty if this is nothing. Throws
  /// ValueError if this is a scalar or a list.
  ///
  /// The entries that `<<` merges follow. Of two entries with one key, the mapping's own is
  /// returned, then that of the mapping which is merged first. Each entry knows the line where it
  /// is written. A key that is given twice or is not text, and a `<<` with anything but mappings,
  /// is added as an error and left out.
  std::vector<Value> entries() const;

  const std::string& key() const { return key_; }    ///< `limits.body`, `listen[0].mode`
  const std::string& name() const { return name_; }  ///< the last part of it: `body`
  int line() const { return mark_.line; }
  std::string where() const { return errors_->where(mark_); }  ///< `conf/shoal.yaml:14`

  /// Adds an error about this value. `text` is "FACT; REMEDY".
  void add_error(std::string_view text) const { errors_->add(mark_, key_, text); }

  /// Adds an error about the entry `name`, which this mapping should have.
  void add_error_below(std::string_view name, std::string_view text) const;

  /// Runs `read`. If it throws ValueError, adds that as an error of this value and returns false.
  template <typename Read>
  bool attempt(const Read& read) const {
    try {
      read();
      return true;
    } catch (const ValueError& error) {
      add_error(error.what());
      return false;
    }
  }

 private:
  using Lines = std::map<std::string, int>;  // name of an entry -> its line

  std::string key_below(std::string_view name) const;
  Value entry_of(const YAML::Node& key, const YAML::Node& value) const;
  void add_entries(std::vector<Value>& entries, Lines& line_of, std::vector<Value>& merges) const;
  std::vector<YAML::Node> merged_by(const Value& merge, bool report) const;
  void add_merged(const YAML::Node& mapping, std::vector<Value>& entries, Lines& line_of,
                  std::vector<YAML::Node>& seen) const;

  Errors* errors_;
  YAML::Node node_;
  std::string key_;
  std::string name_;
  Mark mark_;
};

}  // namespace shoal::settings
