#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crash/read_report.hpp"
#include "crash/sources.hpp"
#include "settings/settings.hpp"
#include "status/overview.hpp"

namespace shoal::supervisor {

/// The crashes of workers: reads and logs their reports, and counts how many crashes each
/// generation has caused. Used by one thread.
class CrashLog {
 public:
  /// Reads reports from `run/crashes`. First prepares those of workers that died together with an
  /// earlier supervisor. REQUIRES: no worker has been started yet.
  explicit CrashLog(const std::filesystem::path& run);

  /// A generation that has crashed too many workers.
  struct Culprit {
    std::string group;
    unsigned long number = 0;
    unsigned crashes = 0;
  };

  /// The crash of a worker.
  struct Crash {
    std::string generation{};  ///< `aquarium/13`; empty: not known
    bool reported = false;     ///< false: the worker has left no report
    std::string summary{};     ///< of the report, in one line
    std::optional<Culprit> culprit{};
  };

  /// Counts that worker `id` was ended by `signal`. If its generation has now reached the number of
  /// crashes in `rules`, it is the culprit, and its crashes are counted from 0 again. A request
  /// that crashes several workers, because the web server repeats it, counts once: it is recognised
  /// by its id.
  Crash add(pid_t id, int signal, const settings::Quarantine& rules);

  /// `shoal-symbolize` looks up the source lines of pending reports. Return the descriptors that
  /// become readable when `conclude` has something to do, and the time at which to call it at the
  /// latest.
  std::vector<int> descriptors() const;
  std::chrono::steady_clock::time_point deadline() const;

  /// Logs the reports whose stacks have been looked up.
  void conclude();

  /// Logs the pending reports without waiting for their source lines. Call it before the process
  /// exits.
  void finish();

  /// Returns the number of crashes since the supervisor started.
  std::uint64_t number() const { return number_; }

  /// Returns the number of crashes within the last hour.
  std::uint64_t recent() const;

  /// Returns up to ten places where workers crashed, the newest crash first. If there are more, the
  /// newest place and those with the most crashes.
  std::vector<status::Crash> latest() const { return {latest_.begin(), latest_.end()}; }

 private:
  struct Death {
    std::chrono::steady_clock::time_point at;
    std::string request;  ///< its id; empty: not known, or there was no request
  };

  /// A report that is not logged yet.
  struct Pending {
    pid_t id;
    crash::Report report;
    std::unique_ptr<crash::SourceLookup> lookup;
  };

  void log(pid_t id, crash::Report report);
  void complete(Pending& pending);
  void add_to_latest(status::Crash crash);
  std::optional<Culprit> count(const crash::Report& report, const settings::Quarantine& rules);

  const std::filesystem::path folder_;
  const std::filesystem::path stages_;
  std::uint64_t number_ = 0;
  std::deque<std::chrono::steady_clock::time_point> recent_;  // the oldest first
  std::deque<status::Crash> latest_;
  std::list<Pending> pending_;
  bool warned_without_sources_ = false;
  std::map<std::string, std::deque<Death>> deaths_;  // by the generation's label
};

}  // namespace shoal::supervisor
