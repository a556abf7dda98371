#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shoal::settings {

/// A place in the configuration file. Both count from 1; 0 is the file as a whole.
struct Mark {
  int line = 0;
  int column = 0;

  auto operator<=>(const Mark&) const = default;
};

/// Gathers what is wrong with one file, so that an operator sees all of it at once.
class Errors {
 public:
  /// `file` as the user named it: every error begins with it.
  explicit Errors(std::string file) : file_(std::move(file)) {}

  /// `text` is "what; remedy". `key` is dotted, and empty for the file as a whole.
  void add(Mark mark, std::string_view key, std::string_view text);

  /// Throws SettingsError when anything was added: in the order of the file.
  void throw_if_any() const;

  /// `conf/shoal.yaml:14`
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
