#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "access/visit.hpp"

namespace shoal::access {

/// Everything that is wrong with a format, each as "what; remedy".
class FormatError : public std::runtime_error {
 public:
  explicit FormatError(std::vector<std::string> errors);

  const std::vector<std::string>& errors() const { return errors_; }

 private:
  std::vector<std::string> errors_;
};

/// A piece of a line: appends what it stands for. `argument` is the text itself, the name of a
/// variable or header, or a format of strftime.
struct Part {
  void (*append)(const Visit& visit, const std::string& argument, std::string& line);
  std::string argument;
};

/// What a line of the access log looks like: `json`, or a text with conversions such as `%s` and
/// `%{milli}d`. The conversions are those of php-fpm's access.format, and %b %g %h %i of our own;
/// conf/README.md says what each is. Immutable; safe to use from any thread.
class Format {
 public:
  /// Throws FormatError.
  explicit Format(std::string_view text);

  /// The line for one request, without its end. Whatever the request brings, it has no control
  /// characters and is UTF-8, and in a text no value has a quotation mark or a backslash: they
  /// become \xNN, as in nginx's log. Values longer than 4 KiB are cut.
  std::string line(const Visit& visit) const;

  /// Whether `line` needs Visit::cpu.
  bool asks_for_cpu() const { return asks_for_cpu_; }

 private:
  std::vector<Part> parts_;
  bool json_ = false;
  bool asks_for_cpu_ = false;
};

/// One JSON object with the keys that conf/README.md lists, always all of them; null is what is not
/// known. ASCII alone: the rest is \uNNNN, and what is no UTF-8 is U+FFFD.
std::string json_line(const Visit& visit);

}  // namespace shoal::access
