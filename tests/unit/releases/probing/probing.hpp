#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>

#include "releases/probing/make_trial.hpp"
#include "shoal/host/config_node.hpp"

namespace shoal::releases {

/// An apps folder with the group `lone`, whose one module is dropped in several versions, and a run
/// folder for its stages.
class Probing : public testing::Test {
 protected:
  using Kind = TrialResult::Kind;

  Probing() {
    std::string pattern = testing::TempDir() + "shoal-probing-XXXXXX";
    folder_ = std::filesystem::canonical(::mkdtemp(pattern.data()));
    for (const char* part : {"apps", "stages", "drafts"}) {
      std::filesystem::create_directory(folder_ / part);
    }
  }
  ~Probing() override { std::filesystem::remove_all(folder_); }

  const std::filesystem::path& folder() const { return folder_; }

  /// Puts the module that the build made into the place of `lone`, or of another group.
  std::filesystem::path drop(const std::string& version, const std::string& group = "lone") const {
    const auto file = folder_ / "apps" / (group + ".so");
    std::filesystem::remove(file);
    std::filesystem::copy_file(std::filesystem::path(SHOAL_UNIT_MODULES) / version / "lone.so",
                               file);
    return file;
  }

  std::filesystem::path drop_text(const std::string& text) const {
    auto file = folder_ / "apps/lone.so";
    std::filesystem::remove(file);
    std::ofstream(file) << text;
    return file;
  }

  /// What the deployer would order for the files as they lie there.
  TrialOrder order(const std::string& group = "lone") {
    const std::string number = std::to_string(++number_);
    const auto file = folder_ / "apps" / (group + ".so");
    Members members{.group = group, .files = {{group, {file, *identity_of(file)}}}, .apps = {}};
    members.apps = std::make_shared<const Apps>(Apps{folder_ / "apps", members.files});
    return {.members = members,
            .number = number_,
            .note = "a note",
            .label = "~" + number,
            .stage = folder_ / "stages" / (group + "." + number),
            .draft = folder_ / "drafts" / (group + "." + number),
            .configs = {{group, settings_}}};
  }

  /// Makes the trial of what lies there, beside `current`.
  TrialResult try_it(std::optional<Staged> current = {}) {
    TrialOrder order = this->order();
    order.current = std::move(current);
    Probe probe = this->probe();
    return make_trial(order, &probe);
  }

  Probe probe() const { return {{SHOAL_PROBE_PROGRAM}, "fix it", rules_}; }

  /// The settings that the module is made with.
  void set(const std::map<std::string, std::string>& lines) {
    const auto map = std::make_shared<Config::Node>();
    map->where = "test";
    for (const auto& [key, value] : lines) {
      const auto scalar = std::make_shared<Config::Node>();
      scalar->kind = Config::Node::Kind::kScalar;
      scalar->where = "test." + key;
      scalar->scalar = value;
      map->map.emplace_back(key, scalar);
    }
    settings_ = Config(map);
  }

  static std::string text_in(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  bool is_empty(const char* part) const { return std::filesystem::is_empty(folder_ / part); }

  ProbeRules rules_;

 private:
  std::filesystem::path folder_;
  Config settings_;
  unsigned long number_ = 0;
};

}  // namespace shoal::releases
