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

/// A folder of its own with a shoal.yaml in it, and verbs to read that.
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

  /// What the file says when `yaml` is all of it.
  Settings read_whole(const std::string& yaml) const {
    write(yaml);
    return read(file());
  }

  /// What the file says when `yaml`, from line 5 on, follows the keys that must be there.
  Settings read_with(const std::string& yaml) const { return read_whole(kRequired + yaml); }

  /// The errors of a file when `yaml` is all of it, without the folder: `shoal.yaml:5: ...`.
  Lines errors_in_whole(const std::string& yaml) const {
    try {
      read_whole(yaml);
    } catch (const SettingsError& error) {
      return without_folder(error.errors());
    }
    return {};
  }

  /// The errors when `yaml`, from line 5 on, follows the keys that must be there.
  Lines errors_with(const std::string& yaml) const { return errors_in_whole(kRequired + yaml); }

  /// The only error in that; a text that matches nothing when there is none or more than one.
  std::string error_with(const std::string& yaml) const { return only(errors_with(yaml)); }
  std::string error_in_whole(const std::string& yaml) const { return only(errors_in_whole(yaml)); }

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
