#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shoal {

/// Whether `text` is a token of RFC 9110, 5.6.2: what names of headers and cookies are made of.
bool is_token(std::string_view text);

/// The first value of this name among `lines`: complete, each ending in CRLF.
std::optional<std::string_view> find_header(std::string_view lines, std::string_view name);

/// The header lines of one answer, as they go on the wire: `Name: value` and CRLF each. One string,
/// since there are few of them and most answers then need one allocation for all.
class HeaderLines {
 public:
  /// Replaces all of this name. Throws std::invalid_argument as Response::header says.
  void set(std::string_view name, std::string_view value);

  /// Keeps what is there of this name. Throws as `set` does.
  void add(std::string_view name, std::string_view value);

  /// The first value of this name.
  std::optional<std::string_view> find(std::string_view name) const {
    return find_header(text_, name);
  }
  bool has(std::string_view name) const { return find(name).has_value(); }

  void drop(std::string_view name);

  /// Drops every name that `lines` (complete, each ending in CRLF) has.
  void drop_names_of(std::string_view lines);

  /// Drops what describes a body: its type, length, coding, language, range and version.
  void drop_about_body();

  void clear() { text_.clear(); }
  const std::string& text() const { return text_; }

 private:
  void append(std::string_view name, std::string_view value);

  std::string text_;
};

}  // namespace shoal
