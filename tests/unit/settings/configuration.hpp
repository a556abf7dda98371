#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "settings/settings.hpp"

namespace shoal::settings {

/// A temporary folder with a shoal.yaml, and functions to read it.
class Configuration : public testing::Test {
 protected:
  using Lines = std::vector<std::string>;

  Configuration() {
    std::string pattern = testing::TempDir() + "shoal-settings-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~Configuration() override { std::filesystem::remove_all(folder_); }

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path file() const { return folder_ / "shoal.yaml"; }

  void write(const std::string& yaml) const { std::ofstream(file()) << yaml; }

  /// Returns the settings of a file with `yaml` as its whole text.
  Settings settings_of(const std::string& yaml) const {
    write(yaml);
    return read(file());
  }

  /// Returns the settings of a file with the required keys and, from line 5 on, `yaml`.
  Settings settings_with(const std::string& yaml) const { return settings_of(kRequired + yaml); }

  /// Returns the errors of a file with `yaml` as its whole text, without the folder:
  /// `shoal.yaml:5: ...`.
  Lines errors_of(const std::string& yaml) const {
    try {
      settings_of(yaml);
    } catch (const SettingsError& error) {
      return without_folder(error.errors());
    }
    return {};
  }

  /// Returns the errors of a file with the required keys and, from line 5 on, `yaml`.
  Lines errors_with(const std::string& yaml) const { return errors_of(kRequired + yaml); }

  /// The same, for exactly one error. Returns a text that matches nothing if the number is another.
  std::string error_with(const std::string& yaml) const { return only(errors_with(yaml)); }
  std::string error_of(const std::string& yaml) const { return only(errors_of(yaml)); }

  static std::string only(const Lines& errors) {
    if (errors.size() == 1) return errors.front();
    return std::to_string(errors.size()) + " errors: " + testing::PrintToString(errors);
  }

 private:
  inline static const std::string kRequired =
      "listen: unix:shoal.sock\n"
      "apps: apps\n"
      "run: run\n"
      "routes: { /: hello }\n";

  Lines without_folder(Lines errors) const {
    const std::string prefix = folder_.string() + "/";
    for (auto& error : errors) {
      if (error.starts_with(prefix)) error.erase(0, prefix.size());
    }
    return errors;
  }

  std::filesystem::path folder_;
};

}  // namespace shoal::settings
