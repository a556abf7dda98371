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
#include "status/report.hpp"

namespace shoal::daemon {

/// What became of workers that crashed: reads their reports, logs them, and counts which generation
/// has ended how many. Used by one thread.
class Casualties {
 public:
  /// The folder is `run/crashes`. What workers have left there that died with their supervisor is
  /// made readable. REQUIRES: no worker has been started yet.
  explicit Casualties(const std::filesystem::path& run);

  /// A generation that has ended too many workers.
  struct Culprit {
    std::string group;
    unsigned long number = 0;
    unsigned crashes = 0;
  };

  /// Worker `id` was ended by `signal`. The generation that was to blame, if that was its last
  /// chance; it is forgotten then. One request that ends several workers, since the web server asks
  /// again, counts once: it is known by its id.
  std::optional<Culprit> add(pid_t id, int signal, const settings::Quarantine& rules);

  /// The reports whose stacks are being looked up in the modules' source, by a process of its own:
  /// what becomes readable when `conclude` has something to do, and when it has at the latest.
  std::vector<int> descriptors() const;
  std::chrono::steady_clock::time_point deadline() const;

  /// Logs the reports that are complete.
  void conclude();

  /// Logs the others as they are: the process ends.
  void finish();

  std::uint64_t number() const { return number_; }

  /// Of these within the last hour.
  std::uint64_t recent() const;

  /// Ten places, the newest crash first. Of more than ten, the newest and those with the most
  /// crashes.
  std::vector<status::Crash> latest() const { return {latest_.begin(), latest_.end()}; }

 private:
  struct End {
    std::chrono::steady_clock::time_point at;
    std::string request;  ///< its id; empty: none, or not known
  };
  using Ends = std::deque<End>;

  void note(status::Crash crash);

  /// A report that is not logged yet.
  struct Pending {
    pid_t id;
    crash::Report report;
    std::unique_ptr<crash::SourceLookup> lookup;
  };

  void tell(pid_t id, crash::Report report);
  void complete(Pending& pending);

  const std::filesystem::path folder_;
  const std::filesystem::path stages_;
  std::uint64_t number_ = 0;
  std::deque<std::chrono::steady_clock::time_point> recent_;  // the oldest first
  std::deque<status::Crash> latest_;
  std::list<Pending> pending_;
  bool said_why_without_ = false;
  std::map<std::string, Ends> crashes_of_;  // generation's label -> workers that it ended
};

}  // namespace shoal::daemon
