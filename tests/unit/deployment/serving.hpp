#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/descriptor.hpp"
#include "container.hpp"
#include "releases/apps/digest.hpp"
#include "unit/generations/settings_of.hpp"
#include "unit/releases/apps/apps_folder.hpp"
#include "unit/releases/built.hpp"
#include "unit/visitor.hpp"

namespace shoal::test {

using namespace releases;     // NOLINT(google-build-using-namespace)
using namespace generations;  // NOLINT(google-build-using-namespace)

/// A container over an apps folder of real modules. Speaks as the author (`drop`), as the visitor
/// (`get`) and as the log (`label`, `refusal`).
class Serving : public AppsFolder {
 protected:
  Serving() {
    std::filesystem::create_directory(latches());
    rules_.settle = std::chrono::milliseconds(0);
    rules_.wait = std::chrono::minutes(10);  // not met: a test that hangs fails by its time limit
  }
  ~Serving() override {
    lift("1");
    lift("2");
  }

  /// Puts the module of that version into the apps folder, as a whole.
  void drop(const std::string& version, const std::string& module) const {
    drop_file(built(version, module), module);
  }

  void drop_file(const std::filesystem::path& file, const std::string& module) const {
    const auto path = apps() / path_of(module);
    std::filesystem::create_directories(path.parent_path());
    std::filesystem::copy_file(file, path.parent_path() / ".dropping");
    std::filesystem::rename(path.parent_path() / ".dropping", path);
  }

  void drop_pond(const std::string& version) const {
    for (const char* module : {"pond.base", "pond.left", "pond.right"}) drop(version, module);
  }

  /// Starts a container with one worker.
  void serve() {
    begin();
    worker_ = &container_->start_worker();
  }

  /// Starts the deployer alone.
  void begin() {
    container_.reset();
    const std::string diary = folder() / "diary", latches_folder = latches();
    configs_["lone"] = settings_of({{"diary", diary}, {"latches", latches_folder}});
    container_.emplace(Container::Parts{.apps = apps_served_.value_or(apps()),
                                        .run = run(),
                                        .grouping = grouping_,
                                        .rules = rules_,
                                        .configs = configs_,
                                        .history = history_,
                                        .service = service_});
  }

  /// Starts it again, as another run of the service.
  void restart() {
    end();
    service_ += "'";
    serve();
  }

  void end() {
    worker_ = nullptr;
    container_.reset();
  }

  /// Returns the snapshot of a request that begins now. The route stands for all modules.
  std::shared_ptr<const generations::Snapshot> enter(const std::string& module) {
    return worker_->enter(module, module.substr(0, module.find('.')));
  }

  /// Returns the answer of the module; `503` if it was never loaded, `404` if there is no handler
  /// of this name.
  std::string get(const std::string& module) { return answer_in(*enter(module), module); }

  static std::string answer_in(const generations::Snapshot& snapshot, const std::string& module) {
    const auto* entry = snapshot.find(module);
    if (entry == nullptr) return "404";
    return entry->handler == nullptr ? "503" : answer_of(*entry->handler);
  }

  /// `lone/2: lone 2`, as a visitor of that worker sees it.
  static std::string seen(generations::Generations& worker, const std::string& module) {
    const auto snapshot = worker.enter(module, module);
    const auto* entry = snapshot->find(module);
    if (entry == nullptr || entry->generation == nullptr) return answer_in(*snapshot, module);
    const auto& note = entry->generation->note();
    return entry->generation->label() + (note.empty() ? "" : " (" + note + ")") + ": " +
           answer_in(*snapshot, module);
  }
  std::string seen(const std::string& module) { return seen(*worker_, module); }

  /// Returns the label of the generation of a group that serves, as the deployer knows it.
  std::string label(const std::string& group) const {
    const auto known = container_->group(group);
    return known.serving ? known.serving->label() : "";
  }
  /// Returns the names of the modules that lie in the group's folder.
  std::vector<std::string> modules(const std::string& group) const {
    std::vector<std::string> names;
    for (const auto& [name, file] : container_->group(group).present) names.push_back(name);
    return names;
  }
  std::string refusal(const std::string& group) const { return container_->group(group).refusal; }

  /// Returns the words of a question about the files of these modules, as `shoal drop` has dropped
  /// them.
  nlohmann::json question_about(const std::vector<std::string>& names) const {
    nlohmann::json digests = nlohmann::json::object();
    for (const auto& name : names) {
      const base::Descriptor file(::open((apps() / path_of(name)).c_str(), O_RDONLY | O_CLOEXEC));
      digests[name] = sha256_of(file.get()).value_or("");
    }
    return {{"ask", "drop"}, {"modules", digests}};
  }

  /// Drops a module and returns the verdict, as verdict_in does.
  std::string verdict_on(const std::string& version, const std::string& module) {
    drop(version, module);
    return verdict_in(container_->ask(question_about({module})));
  }

  /// Returns `lone live lone/2` or `lone refused lone/1: REASON`, one after the other.
  static std::string verdict_in(const nlohmann::json& answer) {
    if (answer.contains("error")) return answer.at("error");
    std::string text;
    for (const auto& words : answer.at("groups")) {
      for (const char* key : {"group", "verdict", "generation"}) {
        text += (text.empty() ? "" : " ") + words.at(key).get<std::string>();
      }
      const std::string reason = words.at("reason");
      if (!reason.empty()) text += ": " + reason;
    }
    return text;
  }

  std::string reload(const std::string& group) {
    return verdict_in(container_->ask({{"ask", "reload"}, {"group", group}}));
  }
  std::string roll_back(const std::string& group, unsigned long number = 0) {
    return verdict_in(container_->ask({{"ask", "rollback"}, {"group", group}, {"number", number}}));
  }

  /// As the supervisor does it, when the generation has crashed workers.
  void withdraw(const std::string& group, unsigned long number) {
    container_->tell({{"say", "withdraw"}, {"group", group}, {"number", number}, {"crashes", 3u}});
  }

  /// Returns the label of what the worker serves of the group, without a request.
  static std::string label_in(const generations::Generations& worker, const std::string& group) {
    for (const auto& report : worker.report()) {
      if (report.group == group && report.serving) return report.serving->label();
    }
    return "";
  }
  bool comes_to_serve(const generations::Generations& worker, const std::string& label) const {
    return eventually([&] { return label_in(worker, label.substr(0, label.find('/'))) == label; });
  }

  Life::State state(const std::string& group) const {
    return container_->group(group).life.state();
  }
  bool comes_to_be(const std::string& group, Life::State expected) const {
    return eventually([&] { return state(group) == expected; });
  }

  /// Returns how many stages there are.
  std::size_t stages() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(std::filesystem::directory_iterator(run() / "stages"),
                              [](const auto& entry) { return entry.is_directory(); }));
  }

  /// A visitor who asks for this module.
  class Visitor : public BegunRequest {
   public:
    Visitor(Serving& serving, std::string module)
        : BegunRequest([&serving, asked = std::move(module)] { return serving.get(asked); }) {}
  };

  /// The constructor of `lone` in slow1 and slow2 waits for its latch to be lifted.
  std::filesystem::path latches() const { return folder() / "latches"; }
  void hold(const std::string& number) const { write("latches/latch." + number, ""); }
  void lift(const std::string& number) const {
    std::filesystem::remove(latches() / ("latch." + number));
  }
  bool is_waiting(const std::string& number) const {
    return std::filesystem::exists(latches() / ("waiting." + number));
  }

  releases::Grouping grouping_ = releases::Grouping::top_level();
  releases::SweepRules rules_;
  releases::Configs configs_;
  releases::HistoryRules history_;
  std::string service_ = "1";
  std::optional<std::filesystem::path> apps_served_;
  std::optional<Container> container_;
  generations::Generations* worker_ = nullptr;
};

}  // namespace shoal::test
