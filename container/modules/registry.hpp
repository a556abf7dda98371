#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "releases/apps/folder.hpp"
#include "modules/group_report.hpp"
#include "releases/apps/grouping.hpp"
#include "modules/ledger.hpp"
#include "modules/loader.hpp"
#include "generations/snapshot.hpp"
#include "modules/new_line.hpp"

namespace shoal::modules {

/// What `sweep` in conf/shoal.yaml says.
struct SweepRules {
  WatchMode watch = WatchMode::kAuto;
  std::chrono::milliseconds interval{1'000};  ///< of comparing, where inotify cannot serve
  std::chrono::milliseconds settle{100};      ///< quiet time before a load; 10 ms at the least
  std::chrono::milliseconds wait{5'000};      ///< what a request waits for a load at most
};

/// The heart: knows what lies in the apps folder and what is loaded of it, sweeps at the start of
/// each request, and hands out snapshots. Safe to use from any thread.
class Registry final : private Desk {
 public:
  /// Loads every group once and returns when each was tried, or after 30 s. A group that cannot be
  /// loaded is logged and tried again when its files change. Throws std::runtime_error, with the
  /// remedy, when the apps or the run folder cannot be used.
  ///
  /// `ledger` is of the same run folder, and outlives this. Every registry on it, in whatever
  /// process, gives the same files the same number, and serves the same files instead of those in
  /// quarantine. One that starts late, on files that the others have refused, serves what they do.
  ///
  /// `on_change` is called when unserved() may have changed: from any thread, and with a mutex
  /// held, so it must neither wait nor call the registry.
  Registry(std::filesystem::path apps, const std::filesystem::path& run, Ledger& ledger,
           Grouping grouping, SweepRules rules, Surroundings surroundings,
           std::optional<Probe> probe = {}, std::function<void()> on_change = {});

  /// REQUIRES: no snapshot is held any more, else its generations are never closed.
  ~Registry();

  /// The first line of every request: sweeps, and returns the snapshot it is answered from.
  /// `target` is the longest dotted name that the request could mean. When a group that could
  /// answer it is stale, waits until what lay there by now is loaded or refused, at most `wait`
  /// from when it became stale. Requests to other groups do not wait.
  std::shared_ptr<const Snapshot> enter(std::string_view target);

  /// Looks at the ledger again, on the loader's thread and at once: what Ledger::quarantine or
  /// Ledger::renew has changed for the group takes effect without a request. Requests to it that
  /// begin once that is known wait as for a drop. False when there is no such group.
  bool reconsider(const std::string& group);

  /// Ledger::renew and reconsider: replaces the generation by a new one from the same files, or
  /// from what lies there now if the group is pinned. Returns before it is done. Where several
  /// processes serve, only one calls this, or the ledger's renew; the others reconsider. False
  /// when there is no such group. Throws Unavailable when the ledger cannot be written.
  bool reload(const std::string& group);

  std::vector<GroupReport> report() const;

  /// The groups that have files, but no generation that serves, by name.
  std::vector<std::string> unserved() const;

  /// How changes are noticed; for the log.
  std::string watching() const;

 private:
  using Clock = std::chrono::steady_clock;

  struct Group {
    bool swept = true;
    Files wanted;                                             // what lies in the apps folder
    std::shared_ptr<const std::vector<std::string>> modules;  // names in `wanted`
    Files tried;  // what the last load was made for, published or refused
    bool stale = false;
    Clock::time_point stale_since;  // while stale
    Clock::time_point settled_at;   // while stale
    Clock::time_point not_before;   // after its files changed while they were staged
    unsigned long drops = 0;        // how often `wanted` has changed, or the ledger's mind
    unsigned long taken = 0;        // how many of them the last order holds
    Files taking;                   // `wanted` when the last order was taken
    unsigned long judged = 0;       // how many of them were published or refused
    bool doubted = false;           // the ledger may demand something else by now
    bool due = false;               // and does, whatever the files
    bool fall_back = false;  // what was tried was refused, and others still serve: as they do
    Wish wish;               // `tried`, as the ledger was asked for it
    Terms terms;             // and what it said
    std::shared_ptr<const Generation> serving;
    Files served_files;        // that it was made of
    Terms served;              // that it was made by
    unsigned long number = 0;  // of the last generation
    std::string refusal;
    unsigned long refusals = 0;                     // ever
    unsigned long generations = 0;                  // made, as the ledger has counted
    std::chrono::system_clock::time_point refused;  // while there is a refusal
    std::optional<Quarantine> quarantine;           // of `tried`
    std::map<unsigned long, std::string> live;      // not unmapped yet -> what keeps it, if retired
    bool waits_for_oldest = false;                  // and has said so
  };

  std::optional<Order> take(Clock::time_point& look_again) override;
  void publish(const Order& order, std::shared_ptr<const Generation> generation) override;
  void refuse(const Order& order, const std::string& why) override;
  void put_back(const Order& order, const std::string& why) override;
  void linger(const std::string& group, unsigned long number, const std::string& holder) override;
  void forget(const std::string& group, unsigned long number) override;

  // On the loader thread, without mutex_ while they read or write files.
  bool look_at_ledger(bool everything, Clock::time_point& look_again);
  bool look_at_ledger_for(const std::string& name, const Wish& wish);
  bool agree(Order& order);
  void withdraw(const Order& order, const std::string& why);
  bool can_fall_back(const Order& order) const;
  static std::string remedy(const Order& order);

  // REQUIRES, of all below: mutex_ is held.
  bool sweep(bool told);
  void renew(const std::string& name);
  std::optional<Order> next(Clock::time_point& look_again);
  void judge(Group& group);
  void conclude(Group& group, const Order& order);
  static void note_refusal(Group& group, const std::string& why);
  void say_what_is_withdrawn(const Group& group, const Order& order) const;
  Clock::time_point settled_at(const Group& group) const;
  bool being_written(const Group& group) const;
  bool has_room(const std::string& name, Group& group);
  Order order_of(const std::string& name, const Group& group) const;
  bool can_answer(const Group& group, std::string_view target) const;
  void wait_for(const Group& group, Clock::time_point latest, std::unique_lock<std::mutex>& lock);
  void replace_snapshot();

  const Grouping grouping_;
  const SweepRules rules_;
  const std::function<void()> on_change_;  // may be empty
  Stages stages_;
  Ledger& ledger_;
  mutable std::mutex mutex_;
  std::condition_variable judged_;            // a group was published, refused, or became stale
  Folder folder_;                             // guarded by mutex_, but for told()
  std::map<std::string, Group> groups_;       // guarded by mutex_
  std::size_t stale_groups_ = 0;              // guarded by mutex_; how many are stale
  bool doubtful_ = false;                     // guarded by mutex_; so is every group
  bool closing_ = false;                      // guarded by mutex_; nothing is loaded any more
  std::shared_ptr<const Snapshot> snapshot_;  // guarded by mutex_; the object is immutable
  std::optional<Loader> loader_;              // last: ends before what it works on
};

}  // namespace shoal::modules
