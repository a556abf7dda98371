#pragma once

#include <sys/types.h>

#include <chrono>
#include <list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "control/channel.hpp"
#include "status/counters.hpp"
#include "status/overview.hpp"
#include "supervisor/assignment.hpp"

namespace shoal::supervisor {

/// A worker process, as its supervisor knows it.
struct WorkerProcess {
  enum class State {
    kStarting,   ///< loads modules
    kServing,    ///< serves requests
    kReplacing,  ///< serves until another worker serves in its place
    kDraining    ///< finishes its requests and exits
  };

  pid_t id;
  control::Channel channel;
  std::shared_ptr<const settings::Settings> settings;  ///< those it was started with
  std::chrono::steady_clock::time_point started;
  State state = State::kStarting;
  std::chrono::steady_clock::time_point kill_at = std::chrono::steady_clock::time_point::max();
  bool overdue = false;   ///< was killed because it did not exit in time
  bool debugged = false;  ///< had a debugger when it should have exited
  unsigned slot = 0;      ///< of the counters
};

/// The worker processes of a supervisor. Used by one thread, in a process that has no other, since
/// it forks.
class WorkerProcesses {
 public:
  /// Forks one more worker. Returns its assignment in the new process, and nullopt in this one.
  /// Throws std::system_error.
  std::optional<Assignment> start(const Configuration& configuration);

  /// A process that has exited.
  struct Exited {
    WorkerProcess worker;
    int status = 0;  ///< as waitpid(2) returns it

    /// Returns the signal that ended it; 0 if it called exit.
    int signal() const;

    /// Returns how it exited, for the log: `was ended by Segmentation fault`.
    std::string how() const;
  };

  /// Removes and returns the worker `id`, which has exited; nullopt if it is another process.
  std::optional<Exited> take(pid_t id, int status);

  /// What a draining worker does with the connections that web servers keep open to it.
  enum class Connections {
    kClosed,
    kHandedOver  ///< to the workers that share its handover
  };

  /// Has a worker finish its requests and exit. The worker is killed if it has not exited after
  /// workers.grace plus 3 s. Does nothing if the worker is draining already.
  static void drain(WorkerProcess& worker, Connections connections);

  /// Drains all workers. No other worker takes over their connections.
  void drain_all();

  /// Kills the workers that have not exited in time. Spares a worker while a debugger is
  /// attached to it; its time begins again when the debugger detaches.
  void kill_overdue();

  /// Sends the message to all workers.
  void send_to_all(const nlohmann::json& message);

  /// Returns the counters that all processes of the service share.
  const std::shared_ptr<status::Counters>& counters() const { return counters_; }

  std::list<WorkerProcess>& all() { return workers_; }
  const std::list<WorkerProcess>& all() const { return workers_; }

  /// Returns how many workers of this configuration serve or are starting.
  std::size_t started(const Configuration& configuration) const;

  /// Returns how many workers of this configuration serve.
  std::size_t serving(const Configuration& configuration) const;

 private:
  const std::shared_ptr<status::Counters> counters_ = status::Counters::make();
  std::list<WorkerProcess> workers_;
};

}  // namespace shoal::supervisor
