#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "access/logged_request.hpp"

namespace shoal::access {

/// All errors of a format, each as "FACT; REMEDY".
class FormatError : public std::runtime_error {
 public:
  explicit FormatError(std::vector<std::string> errors);

  const std::vector<std::string>& errors() const { return errors_; }

 private:
  std::vector<std::string> errors_;
};

/// A piece of a format. `append` appends to the line what the piece stands for; `argument` is a
/// plain text, the name of a variable or header, or a format of strftime.
struct Part {
  void (*append)(const LoggedRequest& request, const std::string& argument, std::string& line);
  std::string argument;
};

/// The format of a line of the access log: `json`, or a text with conversions such as `%s` and
/// `%{milli}d`. The conversions are those of php-fpm's access.format, and %b %g %h %i, which only
/// Shoal has; conf/README.md explains each. Immutable; safe to use from any thread.
class Format {
 public:
  /// Throws FormatError.
  explicit Format(std::string_view text);

  /// Returns the line for one request, without a line feed. Whatever the request contains, the line
  /// has no control characters and is UTF-8, and in a text format no value has a quotation mark or
  /// a backslash: they become \xNN, as in nginx's log. Values longer than 4 KiB are cut.
  std::string line(const LoggedRequest& request) const;

  /// Returns true if `line` needs LoggedRequest::cpu.
  bool asks_for_cpu() const { return asks_for_cpu_; }

 private:
  std::vector<Part> parts_;
  bool json_ = false;
  bool asks_for_cpu_ = false;
};

/// Returns one JSON object with all the keys that conf/README.md lists; an unknown value is null.
/// The text is ASCII: other characters become \uNNNN, and bytes that are not UTF-8 become U+FFFD.
std::string json_line(const LoggedRequest& request);

}  // namespace shoal::access
