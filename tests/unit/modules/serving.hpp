#pragma once

#include <unistd.h>

#include <atomic>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "modules/new_line.hpp"
#include "modules/registry.hpp"
#include "unit/generations/settings_of.hpp"
#include "unit/releases/apps/apps_folder.hpp"
#include "unit/releases/built.hpp"

namespace shoal::modules {

/// A registry over an apps folder of real modules. Speaks as the author (`drop`), as the visitor
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

  void serve() {
    const std::string diary = folder() / "diary", latches_folder = latches();
    configs_["lone"] = settings_of({{"diary", diary}, {"latches", latches_folder}});
    ledger_.begin();
    registry_.emplace(apps_served_.value_or(apps()), run(), ledger_, grouping_, rules_,
                      Surroundings{configs_, {}, false, {}});
  }

  /// Returns the answer of the module; `503` if it was never loaded, `404` if there is no handler
  /// of this name.
  std::string get(const std::string& module) {
    return answer_in(*registry_->enter(module), module);
  }

  static std::string answer_in(const Snapshot& snapshot, const std::string& module) {
    const auto* entry = snapshot.find(module);
    if (entry == nullptr) return "404";
    return entry->handler == nullptr ? "503" : answer_of(*entry->handler);
  }

  GroupReport report(const std::string& group) const {
    for (auto& report : registry_->report()) {
      if (report.group == group) return report;
    }
    return {};
  }
  std::string label(const std::string& group) const { return report(group).label; }
  std::string refusal(const std::string& group) const { return report(group).refusal; }

  /// A request that begins now, on a thread of its own, and what it gets.
  class Visitor {
   public:
    Visitor(Serving& serving, std::string module)
        : thread_([this, &serving, asks = std::move(module)] {
            number_ = ::gettid();
            got_ = serving.get(asks);
          }) {}

    /// Whether the request comes to wait for something: its thread sleeps, and not just for a lock.
    bool comes_to_wait() const {
      return eventually([this, looks = 0]() mutable {
        looks = sleeps() ? looks + 1 : 0;
        return looks == 20;
      });
    }

    std::string gets() {
      thread_.join();
      return got_;
    }

   private:
    bool sleeps() const {
      std::ifstream status("/proc/self/task/" + std::to_string(number_) + "/stat");
      const std::string line{std::istreambuf_iterator<char>(status), {}};
      return line.find(") S ") != std::string::npos;
    }

    std::string got_;
    std::atomic<pid_t> number_ = 0;
    std::thread thread_;
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

  Grouping grouping_ = Grouping::top_level();
  SweepRules rules_;
  Configs configs_;
  std::optional<std::filesystem::path> apps_served_;
  Ledger ledger_{run()};
  std::optional<Registry> registry_;
};

}  // namespace shoal::modules
