#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shoal::settings {

/// A place in the configuration file. Both numbers count from 1; line 0 is the file as a whole.
struct Mark {
  int line = 0;
  int column = 0;

  auto operator<=>(const Mark&) const = default;
};

/// Collects the errors of one file, so that an operator sees all of them at once.
class Errors {
 public:
  /// `file` is the path as the user gave it: every error begins with it.
  explicit Errors(std::string file) : file_(std::move(file)) {}

  /// Adds an error. `text` is "FACT; REMEDY". `key` is dotted; empty for the file as a whole.
  void add(Mark mark, std::string_view key, std::string_view text);

  /// Throws SettingsError with all errors in the order of the file. Returns if there are no errors.
  void throw_if_any() const;

  /// Returns the place as `conf/shoal.yaml:14`.
  std::string where(Mark mark) const;

 private:
  struct Error {
    Mark mark;
    std::string text;
  };

  std::string file_;
  std::vector<Error> errors_;
};

}  // namespace shoal::settings
