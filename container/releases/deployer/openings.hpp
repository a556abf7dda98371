#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "releases/deployer/fleet.hpp"
#include "releases/deployer/group.hpp"

namespace shoal::releases {

/// Has the workers open what was tried: one worker first, then all others at once. Between the two
/// steps, and until it is decided, everything can still be refused. Moves the life of each group
/// from kWaiting to the end of kSpreading, when its deployment awaits no worker. Used by one
/// thread.
class Openings {
 public:
  struct Parts {
    Groups& groups;
    Fleet& fleet;

    /// The drop is refused: fact and remedy in `why`; `ban` says whether a start may try it again.
    std::function<void(Group& group, const std::string& why, Ban ban)> refuse;

    /// The worker takes no orders, and is to be replaced.
    std::function<void(pid_t worker, const std::string& why)> replace;
  };

  explicit Openings(Parts parts) : parts_(std::move(parts)) {}

  /// Has a worker open the next group, unless one is being opened. One at a time: a worker has one
  /// thread for it. What took the probe the shortest time goes first, so that a slow constructor
  /// delays as few as it can.
  void give_turn();

  /// The worker has begun to open this generation; it has opened it.
  static void begun(pid_t worker, Group& group, unsigned long number);
  void opened(pid_t worker, Group& group, unsigned long number);

  /// The worker drains. What it has not begun to open is opened by another one, at once.
  void left(pid_t worker);

  /// The worker is gone; `message` is the supervisor's.
  void lost(pid_t worker, const nlohmann::json& message);

  /// Replaces workers that take too long, and refuses what hangs.
  void check_deadlines();

  /// Returns the deployment of this group, if it has been tried and has this number; else null.
  static Deployment* deployment_of(Group& group, unsigned long number);

  /// Returns true if this worker is to open that.
  static bool awaits(Group& group, unsigned long number, pid_t worker);

  /// Returns when check_deadlines has something to do; never, if no worker is awaited.
  static Group::Clock::time_point deadline_of(const Deployment& deployment);

 private:
  using Clock = Group::Clock;

  void have_opened(Group& group, pid_t worker) const;
  static void give_up(Group& group, pid_t worker);
  void lost_over(Group& group, pid_t worker, const nlohmann::json& message);
  void replace_late(Group& group);

  const Parts parts_;
};

/// Returns a message to workers about the generation of this deployment. REQUIRES: it was tried.
nlohmann::json message_about(const Deployment& deployment, const char* word);

}  // namespace shoal::releases
