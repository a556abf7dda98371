#pragma once

#include <yaml-cpp/yaml.h>

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "settings/errors.hpp"
#include "settings/wrong.hpp"

namespace shoal::settings {

/// One value of the file, which knows its dotted key and its place. REQUIRES: its Errors outlives
/// it.
class Value {
 public:
  Value(Errors& errors, YAML::Node node, std::string key, std::string name, Mark mark);

  bool is_scalar() const { return node_.IsScalar(); }
  bool is_list() const { return node_.IsSequence(); }
  bool is_mapping() const { return node_.IsMap(); }
  bool is_nothing() const { return node_.IsNull(); }  ///< `key:` with nothing behind it, or `~`

  /// The scalar as written, without its quotes. Throws Wrong when this is anything else.
  const std::string& text() const;

  /// The items of a list. Throws Wrong when this is anything else.
  std::vector<Value> items() const;

  /// The entries of a mapping, in the order of the file; none when there is nothing. Those that
  /// `<<` merges in follow: what the mapping has itself comes before them, and an earlier merged
  /// mapping before a later one. Each knows the line where it is written. Keys that stand twice, or
  /// are no text, and a `<<` with anything but mappings are recorded as errors and left out. Throws
  /// Wrong when this is a scalar or a list.
  std::vector<Value> entries() const;

  const std::string& key() const { return key_; }    ///< `limits.body`, `listen[0].mode`
  const std::string& name() const { return name_; }  ///< the last part of it: `body`
  int line() const { return mark_.line; }
  std::string where() const { return errors_->where(mark_); }  ///< `conf/shoal.yaml:14`

  void add_error(std::string_view text) const { errors_->add(mark_, key_, text); }

  /// As above, about an entry that this mapping should have.
  void add_error_below(std::string_view name, std::string_view text) const;

  /// Runs `read`; if that throws Wrong, records it as an error of this value. Whether all went
  /// well.
  template <typename Read>
  bool attempt(const Read& read) const {
    try {
      read();
      return true;
    } catch (const Wrong& wrong) {
      add_error(wrong.what());
      return false;
    }
  }

 private:
  using Lines = std::map<std::string, int>;  // of the entries so far, by name

  std::string key_below(std::string_view name) const;
  Value entry_of(const YAML::Node& key, const YAML::Node& value) const;
  void add_entries(std::vector<Value>& entries, Lines& line_of, std::vector<Value>& merges) const;
  std::vector<YAML::Node> merged_by(const Value& merge, bool report) const;
  void add_merged(const YAML::Node& mapping, std::vector<Value>& entries, Lines& line_of,
                  std::vector<YAML::Node>& met) const;

  Errors* errors_;
  YAML::Node node_;
  std::string key_;
  std::string name_;
  Mark mark_;
};

/// A mapping whose keys we know. Each is asked for by one line; what remains is refused at the end:
///
///     Section section(value);
///     section.optional("threads", workers.threads, Whole{1, 1024});
///     section.optional("grace", workers.grace, Duration{0s, 1h});
///     section.refuse_others();
///
/// A reader is called with the Value and returns what it means, or throws Wrong. Then the error is
/// recorded, the target keeps its default, and reading goes on.
class Section {
 public:
  /// Throws Wrong when `value` is no mapping.
  explicit Section(const Value& value) : value_(value), entries_(value.entries()) {}

  template <typename Target, typename Read>
  void optional(std::string_view key, Target& target, const Read& read) {
    if (const Value* found = find(key)) found->attempt([&] { target = read(*found); });
  }

  /// `example` is what the error about a missing key tells to write. Whether it was there and
  /// right.
  template <typename Target, typename Read>
  bool required(std::string_view key, Target& target, const Read& read, std::string_view example) {
    if (const Value* found = find(key)) return found->attempt([&] { target = read(*found); });
    add_missing(key, example);
    return false;
  }

  /// Records an error for each of `keys` that is there: known, but of no use in this place.
  void refuse(std::initializer_list<std::string_view> keys, std::string_view text);

  /// Records an error, with the nearest known name, for each key that nobody asked for.
  void refuse_others() const;

 private:
  /// Null when the key is not there. Known from here on.
  const Value* find(std::string_view key);
  void add_missing(std::string_view key, std::string_view example) const;

  Value value_;
  std::vector<Value> entries_;
  std::vector<std::string_view> known_;
};

}  // namespace shoal::settings
