#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "generations/generations.hpp"
#include "releases/deployer/messages.hpp"
#include "releases/staging/prepare.hpp"
#include "shoal/host/config_node.hpp"
#include "shoal/module.hpp"
#include "unit/releases/apps/apps_folder.hpp"
#include "unit/releases/built.hpp"
#include "unit/visitor.hpp"

namespace shoal::generations {

using releases::eventually;

/// Generations in a process, real modules in stages, and a test that plays the deployer: it writes
/// the page and sends the messages.
class Deployed : public testing::Test {
 protected:
  using json = nlohmann::json;

  Deployed() {
    std::string pattern = testing::TempDir() + "shoal-generations-XXXXXX";
    folder_ = std::filesystem::canonical(::mkdtemp(pattern.data()));
    std::filesystem::create_directory(run());
    std::filesystem::create_directory(latches());
    stages_.emplace(run());
    rules_.wait = std::chrono::minutes(10);  // not met: a test that hangs fails by its time limit
    settings_of_lone({{"diary", folder_ / "diary"}, {"latches", latches()}});
  }
  ~Deployed() override {
    lift("1");
    lift("2");
    generations_.reset();
    made_.clear();
    stages_.reset();
    std::filesystem::remove_all(folder_);
  }

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path run() const { return folder_ / "run"; }
  std::string diary() const {
    std::ifstream file(folder_ / "diary");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void settings_of_lone(const std::map<std::string, std::string>& lines) {
    const auto map = std::make_shared<Config::Node>();
    for (const auto& [key, value] : lines) {
      const auto scalar = std::make_shared<Config::Node>();
      scalar->kind = Config::Node::Kind::kScalar;
      scalar->scalar = value;
      map->map.emplace_back(key, scalar);
    }
    configs_["lone"] = Config(map);
  }

  // --- the deployer

  /// Makes a stage of modules that the build has made: see in_version() in ../modules. Returns what
  /// a message says of it.
  json staged(const std::string& version, const std::vector<std::string>& modules,
              unsigned long number) {
    releases::Files files;
    for (const auto& module : modules) {
      std::string path = module;
      std::ranges::replace(path, '.', '/');
      const auto file = std::filesystem::path(SHOAL_UNIT_MODULES) / version / (path + ".so");
      files[module] = {file, releases::identity_of(file).value()};
    }
    const std::string group = modules[0].substr(0, modules[0].find('.'));
    const auto apps =
        std::make_shared<const releases::Apps>(releases::Apps{.folder = {}, .files = files});
    const auto& stage =
        made_.emplace_back(std::make_unique<releases::Stage>(*stages_, group, number, files));
    static int count = 0;
    releases::Staged staged = releases::prepare(
        *stage, {.group = group, .files = files, .apps = apps}, "~" + std::to_string(++count));
    staged.number = number;
    releases::describe(staged);
    const auto name = std::filesystem::relative(stage->folder(), run() / "stages");
    return {{"group", group}, {"number", number}, {"stage", name.native()}};
  }
  json lone(const std::string& version, unsigned long number) {
    return staged(version, {"lone"}, number);
  }
  json pond(const std::string& version, unsigned long number) {
    return staged(version, {"pond.base", "pond.left", "pond.right"}, number);
  }

  void start() {
    generations_.emplace(
        Generations::Parts{.run = run(),
                           .feed = feed_,
                           .grouping = releases::Grouping::top_level(),
                           .rules = rules_,
                           .surroundings = {.configs = configs_, .states = {}, .on_step = {}},
                           .send = [this](json message) {
                             const base::MutexLock lock(mutex_);
                             said_.push_back(std::move(message));
                           }});
  }

  /// Starts with these generations published and recorded in the page.
  void serve(const std::vector<json>& list) {
    for (const auto& named : list) page().reset(cell(named.at("group")), named.at("number"));
    start();
    tell(releases::message::kList, {{"groups", list}});
    answer(releases::message::kListed);
  }

  void tell(const char* word, json message = json::object()) {
    message["say"] = word;
    generations_->handle(message);
  }

  /// Waits for the next message that says this, and returns it without "say". Others stay.
  json answer(const std::string& word) {
    json found;
    EXPECT_TRUE(eventually([&] {
      const base::MutexLock lock(mutex_);
      const auto says = std::ranges::find_if(
          said_, [&word](const json& message) { return message.at("say") == word; });
      if (says == said_.end()) return false;
      found = *says;
      said_.erase(says);
      return true;
    })) << word;
    if (found.is_object()) found.erase("say");
    return found;
  }

  /// Returns the generations that are published once all is done that was told before.
  json published() {
    tell(releases::message::kReport);
    return answer(releases::message::kReported).at("published");
  }

  bool has_said(const std::string& word) {
    const base::MutexLock lock(mutex_);
    return std::ranges::any_of(said_,
                               [&word](const json& message) { return message.at("say") == word; });
  }

  releases::Page& page() { return *feed_.page; }
  unsigned cell(const std::string& group) { return page().add(group).value(); }

  /// A drop is complete.
  void want(const std::string& group) {
    page().want(cell(group), std::chrono::steady_clock::now());
  }

  /// The verdict on all that is wanted by now: this generation is to serve.
  void decide(const json& named) {
    const unsigned index = cell(named.at("group"));
    page().serve(index, named.at("number"), page().cell(index).wanted);
  }

  // --- the visitor

  static std::string answer_in(const Snapshot& snapshot, const std::string& module) {
    const auto* entry = snapshot.find(module);
    if (entry == nullptr) return "404";
    return entry->handler == nullptr ? "503" : releases::answer_of(*entry->handler);
  }

  std::shared_ptr<const Snapshot> enter(const std::string& module) {
    return generations_->enter(module, module);
  }
  std::string get(const std::string& module) { return answer_in(*enter(module), module); }

  /// A visitor who asks for this module.
  class Visitor : public test::BegunRequest {
   public:
    Visitor(Deployed& deployed, std::string module)
        : BegunRequest([&deployed, asked = std::move(module)] { return deployed.get(asked); }) {}
  };

  // --- the constructor of `lone` in slow1 and slow2 waits for its latch to be lifted

  std::filesystem::path latches() const { return folder_ / "latches"; }
  void hold(const std::string& number) const { std::ofstream(latches() / ("latch." + number)); }
  void lift(const std::string& number) const {
    std::filesystem::remove(latches() / ("latch." + number));
  }
  bool is_waiting(const std::string& number) const {
    return std::filesystem::exists(latches() / ("waiting." + number));
  }

  std::filesystem::path folder_;
  std::optional<releases::Stages> stages_;
  std::vector<std::unique_ptr<releases::Stage>> made_;
  releases::Feed feed_ = releases::Feed::make();
  SweepRules rules_;
  releases::Configs configs_;
  std::optional<Generations> generations_;
  base::Mutex mutex_;
  std::deque<json> said_ SHOAL_GUARDED_BY(mutex_);
};

}  // namespace shoal::generations
