#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modules/folder.hpp"
#include "modules/grouping.hpp"
#include "modules/loader.hpp"
#include "modules/snapshot.hpp"

namespace shoal::modules {

/// What `sweep` in conf/shoal.yaml says.
struct SweepRules {
  WatchMode watch = WatchMode::kAuto;
  std::chrono::milliseconds interval{1'000};  ///< of comparing, where inotify cannot serve
  std::chrono::milliseconds settle{100};      ///< quiet time before a load; 10 ms at the least
  std::chrono::milliseconds wait{5'000};      ///< what a request waits for a load at most
};

/// How one group stands; for the log.
struct GroupReport {
  std::string group;
  bool swept = true;
  std::string label;                   ///< `aquarium/2`; empty while nothing is loaded
  std::vector<std::string> modules;    ///< what its folder holds
  std::string refusal;                 ///< why the last drop was refused; empty when it was not
  std::vector<std::string> lingering;  ///< `aquarium/1: ` and what keeps it mapped
};

/// The heart: knows what lies in the apps folder and what is loaded of it, sweeps at the start of
/// each request, and hands out snapshots. Safe to use from any thread.
class Registry final : private Desk {
 public:
  /// Loads every group once and returns when each was tried, or after 30 s. A group that cannot be
  /// loaded is logged and tried again when its files change. Throws std::runtime_error, with the
  /// remedy, when the apps or the run folder cannot be used.
  Registry(std::filesystem::path apps, const std::filesystem::path& run, Grouping grouping,
           SweepRules rules, Surroundings surroundings, std::optional<Probe> probe = {});

  /// REQUIRES: no snapshot is held any more, else its generations are never closed.
  ~Registry();

  /// The first line of every request: sweeps, and returns the snapshot it is answered from.
  /// `target` is the longest dotted name that the request could mean. When a group that could
  /// answer it is stale, waits until what lay there by now is loaded or refused, at most `wait`
  /// from when it became stale. Requests to other groups do not wait.
  std::shared_ptr<const Snapshot> enter(std::string_view target);

  std::vector<GroupReport> report() const;

  /// How changes are noticed; for the log.
  std::string watching() const;

 private:
  using Clock = std::chrono::steady_clock;

  struct Group {
    bool swept = true;
    Files wanted;  // what lies in the apps folder
    Files tried;   // what the last load was made of, published or refused
    bool stale = false;
    Clock::time_point stale_since;  // while stale
    Clock::time_point settled_at;   // while stale
    Clock::time_point not_before;   // after its files changed while they were staged
    unsigned long drops = 0;        // how often `wanted` has changed
    unsigned long taken = 0;        // how many of them the last order holds
    unsigned long judged = 0;       // how many of them were published or refused
    std::shared_ptr<const Generation> serving;
    unsigned long number = 0;  // of the last generation
    std::string refusal;
    std::map<unsigned long, std::string> live;  // not unmapped yet -> what keeps it, if retired
    bool waits_for_oldest = false;              // and has said so
  };

  std::optional<Order> take(Clock::time_point& look_again) override;
  void publish(const Order& order, std::shared_ptr<const Generation> generation) override;
  void refuse(const Order& order, const std::string& why) override;
  void put_back(const Order& order, const std::string& why) override;
  void linger(const std::string& group, unsigned long number, const std::string& holder) override;
  void forget(const std::string& group, unsigned long number) override;

  // REQUIRES, of all below: mutex_ is held.
  void sweep();
  void renew(const std::string& name);
  void judge(Group& group);
  void conclude(Group& group, const Files& files);
  Clock::time_point settled_at(const Group& group) const;
  bool being_written(const Group& group) const;
  bool has_room(const std::string& name, Group& group);
  Order order_of(const std::string& name, const Group& group) const;
  bool can_answer(const Group& group, std::string_view target) const;
  void wait_for(const Group& group, Clock::time_point latest, std::unique_lock<std::mutex>& lock);
  void replace_snapshot();

  const Grouping grouping_;
  const SweepRules rules_;
  Stages stages_;
  mutable std::mutex mutex_;
  std::condition_variable judged_;            // a group was published, refused, or became stale
  Folder folder_;                             // guarded by mutex_
  std::map<std::string, Group> groups_;       // guarded by mutex_
  std::size_t stale_groups_ = 0;              // guarded by mutex_; how many are stale
  bool closing_ = false;                      // guarded by mutex_; nothing is loaded any more
  std::shared_ptr<const Snapshot> snapshot_;  // guarded by mutex_; the object is immutable
  std::optional<Loader> loader_;              // last: ends before what it works on
};

}  // namespace shoal::modules
