#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "releases/apps/folder.hpp"
#include "releases/apps/grouping.hpp"
#include "releases/apps/settling.hpp"
#include "releases/deployer/group.hpp"
#include "releases/freshness/feed.hpp"
#include "releases/linking/links.hpp"

namespace shoal::releases {

/// What `sweep` in conf/shoal.yaml says.
struct SweepRules {
  WatchMode watch = WatchMode::kAuto;
  std::chrono::milliseconds interval{1'000};  ///< of comparing, where inotify cannot serve
  std::chrono::milliseconds settle{100};      ///< quiet time before a load; 10 ms at the least
  std::chrono::milliseconds wait{5'000};      ///< what a request waits for a load at most
};

/// Reads the apps folder for the deployer: learns of changes, and says in the page which groups are
/// stale because of them. Used by one thread.
class AppsReader {
 public:
  using Clock = Group::Clock;

  /// Scans `apps` and begins to watch it by `feed`, which outlives it. Throws std::runtime_error,
  /// with the remedy, when it cannot be read, or cannot be watched as `rules` ask for.
  AppsReader(const std::filesystem::path& apps, Grouping grouping, SweepRules rules,
             const Feed& feed);

  /// Takes in what lies in the folder at the beginning. The page says `reading` until the first
  /// call of `read`: before that, what an earlier deployer has decided is to be put into the page.
  /// REQUIRES: called once, before `read`.
  void begin(Groups& groups);

  /// Takes in what has changed since the last call: adds new groups, and tells each group's life.
  /// While it does so, the page says `reading`. Returns true if anything may have changed; if not,
  /// it costs one system call.
  bool read(Groups& groups);

  /// Has the next `read` compare everything.
  void doubt() { folder_.doubt(); }

  /// Returns true while a `shoal drop` renames files: nothing may be taken then.
  bool held() { return folder_.held(); }

  /// Sets when the group will have been quiet for long enough. The times on disk tell how long it
  /// has been already. `read` calls it for what it finds changed.
  void settle(Group& group) const;

  /// Returns true while one of the group's files is being written.
  bool being_written(const Group& group) const {
    return releases::being_written(folder_, group.present);
  }

  /// Returns who dropped the group's files.
  Origin origin_of(const Group& group) const;

  /// Returns the latest time at which `read` has something to do, if no event comes before.
  Clock::time_point deadline(const Groups& groups) const;

  const Grouping& grouping() const { return grouping_; }
  const SweepRules& rules() const { return rules_; }

  /// Returns what lies in the folder now, for links between groups.
  std::shared_ptr<const Apps> apps() const;

  /// Returns why the folder cannot be read; empty: it can.
  const std::string& unreadable() const { return folder_.unreadable(); }

  /// Returns `inotify`, or `stat every 1000 ms: ` and why.
  const std::string& watching() const { return folder_.watching(); }

 private:
  void take_in(Groups& groups);
  void renew(Group& group, Files present);
  void announce(Group& group);
  Group* add(Groups& groups, const std::string& name, bool swept) const;

  const Grouping grouping_;
  const SweepRules rules_;
  const Feed& feed_;
  mutable std::shared_ptr<const Apps> apps_;  // null: made when it is asked for
  Folder folder_;
  Clock::time_point begun_{};  // when the last reading began
  bool first_ = true;          // nothing was read yet
};

}  // namespace shoal::releases
