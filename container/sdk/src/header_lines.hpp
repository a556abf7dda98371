#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shoal {

/// Returns true if `text` is a token (RFC 9110, 5.6.2), as names of headers and cookies must be.
bool is_token(std::string_view text);

/// Returns the first value of this name in `lines`, which are complete: each ends in CRLF. Returns
/// nullopt when there is no header of this name.
std::optional<std::string_view> find_header(std::string_view lines, std::string_view name);

/// The header lines of one answer, as they are sent: `Name: value` and CRLF each. They are one
/// string, so that most answers need one allocation for all headers.
class HeaderLines {
 public:
  /// Sets a header, and removes all others of this name. Throws std::invalid_argument as
  /// Response::header says.
  void set(std::string_view name, std::string_view value);

  /// Adds a header, and keeps others of this name. Throws as `set` does.
  void add(std::string_view name, std::string_view value);

  /// Returns the first value of this name, or nullopt.
  std::optional<std::string_view> find(std::string_view name) const {
    return find_header(text_, name);
  }
  bool has(std::string_view name) const { return find(name).has_value(); }

  /// Adds a header whose name and value are known to be allowed.
  void append(std::string_view name, std::string_view value);

  /// Removes all headers of this name.
  void remove(std::string_view name);

  /// Removes all headers of the names in `lines`, which are complete: each ends in CRLF.
  void remove_names_of(std::string_view lines);

  /// Removes what describes a body: its type, length, coding, language, range and version.
  void remove_about_body();

  void clear() { text_.clear(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace shoal
