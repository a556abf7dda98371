#pragma once

#include <sys/types.h>

#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/epoch.hpp"
#include "daemon/link.hpp"
#include "status/report.hpp"

namespace shoal::daemon {

/// A worker process, as its supervisor sees it.
struct Worker {
  enum class Stage {
    kStarting,  ///< loads modules
    kServing,
    kRetiring,  ///< serves until another serves in its place
    kDraining   ///< finishes what runs, and ends
  };

  pid_t id;
  Link link;
  std::shared_ptr<const settings::Settings> settings;  ///< with which it was started
  std::chrono::steady_clock::time_point started;
  Stage stage = Stage::kStarting;
  std::chrono::steady_clock::time_point kill_at = std::chrono::steady_clock::time_point::max();
  bool overdue = false;                 ///< has been killed for that
  bool debugged = false;                ///< had a debugger when it should have ended
  status::WorkerReport last_report{};   ///< what it told of itself last
  std::vector<std::string> unserved{};  ///< groups that have files, and no generation in it
};

/// What a process has to do that was forked to be a worker.
struct Duty {
  Epoch epoch;
  Link supervisor;
  bool speaks;  ///< it is the one of its epoch that tells what is served
};

/// The worker processes of a supervisor: forked here, and buried here. Used by one thread, in a
/// process that has no other, since it forks.
class Crew {
 public:
  /// Forks one more, with the configuration of `epoch`. In the new process, what that has to do; in
  /// this one none. Throws std::system_error.
  std::optional<Duty> start(const Epoch& epoch);

  /// Takes away the next process that has ended; none when none has. `status` as waitpid(2) has it.
  struct Ended {
    Worker worker;
    int status = 0;
  };
  std::vector<Ended> bury();

  /// What becomes of connections that web servers keep open to a worker which ends.
  enum class Kept {
    kClosed,
    kHandedOver  ///< to those on the same handover
  };

  /// Tells it to finish what runs; in a while it is killed if it has not.
  static void drain(Worker& worker, Kept kept);

  /// Ends those, now, that have not ended in time. One that has a debugger is left alone, and gets
  /// its whole time again when the debugger leaves.
  void kill_overdue();

  std::list<Worker>& workers() { return workers_; }
  const std::list<Worker>& workers() const { return workers_; }

  /// How many of this configuration are there to serve, or will be.
  std::size_t strength(const Epoch& epoch) const;

  /// How many of this configuration serve.
  std::size_t serving(const Epoch& epoch) const;

 private:
  std::list<Worker> workers_;
};

}  // namespace shoal::daemon
