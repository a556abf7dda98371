#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "releases/apps/identity.hpp"
#include "releases/apps/marker.hpp"
#include "releases/apps/scan.hpp"
#include "releases/apps/watch.hpp"

namespace shoal::releases {

/// How changes in the apps folder are noticed: see `sweep.watch` in conf/README.md.
enum class WatchMode { kAuto, kInotify, kStat };

/// The container's picture of the apps folder, kept true by what the kernel tells or, where inotify
/// cannot serve, by comparing everything once in an interval.
///
/// Not thread-safe, but for `told`: Registry uses it under its mutex.
class Folder {
 public:
  /// Scans `apps` and begins to watch it, by an inotify instance that other processes hold, too:
  /// see Watch. If it is null, the kernel granted no instance: WatchMode::kAuto compares. If this
  /// folder compares, for whatever reason, nothing is pending in the instance any more. Throws
  /// std::runtime_error, with the remedy, when the folder cannot be read, or when
  /// WatchMode::kInotify was asked for and cannot be had.
  Folder(std::filesystem::path apps, WatchMode mode, std::chrono::milliseconds interval,
         const std::shared_ptr<const base::Descriptor>& inotify);

  /// Whether the kernel has told of something that no refresh has taken in yet: one system call,
  /// which is most of what a quiet sweep costs. Unlike all else here, safe from any thread.
  bool told() const { return watch_ && watch_->pending(); }

  /// Whether nothing can have changed since the last refresh; `told` as above, asked before.
  bool quiet(bool told) const;
  bool quiet() const { return quiet(told()); }

  /// Brings the picture up to date and names the modules that appeared, changed or vanished. An
  /// apps folder that is itself gone changes nothing: it is about to be replaced, or lost by
  /// mistake. What exceeds the bounds of scan.hpp is not watched, but compared now and then.
  std::set<std::string> refresh();

  /// Has the next refresh compare everything.
  void doubt() { doubtful_ = true; }

  /// Returns false if it compares, since inotify cannot serve or is not wanted.
  bool listens() const { return listens_; }

  /// Returns when a refresh is due though nothing was told.
  std::chrono::steady_clock::time_point deadline() const;

  const std::filesystem::path& path() const { return apps_; }

  /// Every module there is, as of the last refresh.
  const Files& files() const { return files_; }

  /// Whether some program has created this module's file and not yet closed it, as a linker does.
  bool being_written(std::string_view module) const;

  /// Whether a living `shoal drop` holds the sweep: what lies here may be half of its drop. To be
  /// asked of what a refresh has just found. Without a marker it costs nothing where inotify
  /// serves, and a look into the folder elsewhere.
  bool held();

  /// Whether `shoal drop` renamed this file into place and nobody has touched it since: there is
  /// nothing to wait for once its marker is lifted. Known where inotify serves.
  bool dropped_whole(std::string_view module) const;

  /// For how long nothing on the way from the apps folder to this file has changed: a link that was
  /// flipped or a folder that was renamed brings old files that are new here.
  std::chrono::nanoseconds quiet_for(const File& file) const;

  /// Returns why the last look at everything failed; empty: it did not.
  const std::string& unreadable() const { return unreadable_; }

  /// `inotify`, or `stat every 1000 ms: ` and why; for the log.
  const std::string& watching() const { return watching_; }

 private:
  struct Watched {
    enum class Kind { kFolder, kPlace, kFile, kAbove };
    Kind kind;
    std::filesystem::path path;  ///< of the folder or the file
    std::string name;            ///< kPlace: the entry that matters
  };
  using Watches = std::map<int, std::vector<Watched>>;

  std::chrono::steady_clock::time_point large_due() const;
  bool is_large_due() const;
  void compare_large(Scan& found);
  void compare_everything();
  Scan scan_and_watch();
  bool watch(const Watched& what, Watches& watches);
  static bool covered(const Watched& what, int number, const Watches& watches);
  void fall_back(const std::string& why);
  bool absorb(const Event& event, std::map<std::string, std::filesystem::path>& touched);
  bool absorb_entry(const Event& event, const std::filesystem::path& path,
                    std::map<std::string, std::filesystem::path>& touched);
  void follow_drop(const Event& event, const std::filesystem::path& path);
  void look_again(const std::string& module, const std::filesystem::path& path);
  void report(const std::vector<std::string>& problems);

  std::filesystem::path apps_;
  std::chrono::milliseconds interval_;
  std::string watching_;
  std::optional<Watch> watch_;  // of the constructor alone, for `told`
  bool listens_ = false;        // to watch_; else compares once in interval_
  Watches watches_;
  Files files_;
  std::set<std::string> changed_;          // since the last refresh
  std::set<std::filesystem::path> links_;  // below apps
  std::set<std::string, std::less<>> being_written_;
  Markers markers_;
  bool held_ = false;                              // when last asked
  std::map<std::uint32_t, std::int64_t> leaving_;  // cookie -> time: half of a rename by shoal drop
  std::map<std::string, std::int64_t, std::less<>> dropped_;  // by shoal drop: module -> its time
  std::set<std::string> reported_;                            // problems the log has already
  std::chrono::steady_clock::time_point compared_;
  std::chrono::steady_clock::time_point compared_large_;  // what is in partly_
  std::chrono::nanoseconds comparing_took_{0};            // that
  std::set<std::filesystem::path> partly_;                // too large to be watched: see scan.hpp
  std::string unreadable_;
  bool doubtful_ = false;
};

}  // namespace shoal::releases
