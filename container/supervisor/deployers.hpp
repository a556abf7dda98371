#pragma once

#include <sys/types.h>

#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "control/channel.hpp"
#include "supervisor/assignment.hpp"
#include "supervisor/pulse.hpp"

namespace shoal::supervisor {

/// A deployer process, as its supervisor knows it.
struct DeployerProcess {
  enum class State {
    kWorking,    ///< decides, or begins to
    kReleasing,  ///< ends what is in hand, to give up the history
    kReleased,   ///< has given up the history; may be told to resume
    kEnding      ///< exits
  };

  pid_t id;
  control::Channel channel;
  std::shared_ptr<const settings::Settings> settings;  ///< those it was started with
  std::chrono::steady_clock::time_point started;
  unsigned turn;  ///< its number, another one whenever it begins or resumes
  State state = State::kWorking;
  bool up = false;  ///< it has begun
  std::chrono::steady_clock::time_point kill_at = std::chrono::steady_clock::time_point::max();
  bool overdue = false;  ///< was killed because it did not release the history or exit in time
  Pulse pulse{};

  /// Asks for a sign of life, or for its status, unless it owes that already.
  void ask(Pulse::Asked what);
};

/// The deployer processes of a supervisor: one of each configuration. Only one of them may have the
/// history, in the run folder. Used by one thread, in a process that has no other, since it forks.
class Deployers {
 public:
  Deployers();

  /// Forks a deployer. Returns its assignment in the new process, and nullopt in this one. Throws
  /// std::system_error. REQUIRES: has_turn(configuration), and of(configuration) is null.
  std::optional<Assignment> start(const Configuration& configuration);

  /// Returns the deployer of these settings, unless it is ending; null if there is none.
  DeployerProcess* of(const settings::Settings* settings);
  const DeployerProcess* of(const settings::Settings* settings) const;

  /// Returns true if no deployer of another configuration has the history.
  bool has_turn(const Configuration& configuration) const;

  /// Has it give up the history. It is killed if it has not done so after control::kReleaseLimit.
  static void release(DeployerProcess& deployer);

  /// It has given up the history.
  static void released(DeployerProcess& deployer);

  /// Has it take the history back. It knows nothing then of what it was told before. REQUIRES: it
  /// has given up the history.
  void resume(DeployerProcess& deployer);

  /// Has it exit. It is killed if it has not done so after 3 s.
  static void end(DeployerProcess& deployer);
  void end_all();

  void send_to_all(const nlohmann::json& message);

  /// Notes whether the deployer of these settings works now. REQUIRES: called after each change.
  void note_whether_works(const settings::Settings* settings);

  /// Returns since when no deployer of these settings has worked; nullopt: one works.
  std::optional<std::chrono::steady_clock::time_point> absent_since() const {
    return absent_since_;
  }

  /// Kills those that are late. Spares a deployer while a debugger is attached to it.
  void kill_overdue();

  /// Removes and returns the deployer `id`, which has exited; nullopt if it is another process.
  std::optional<DeployerProcess> take(pid_t id);

  /// The groups that have files, but no generation, as the last deployer of these settings that has
  /// told it did.
  void set_unserved(const DeployerProcess& deployer, std::vector<std::string> groups);
  const std::vector<std::string>& unserved(const settings::Settings* settings) const;

  std::list<DeployerProcess>& all() { return deployers_; }
  const std::list<DeployerProcess>& all() const { return deployers_; }

 private:
  const std::string service_;
  unsigned turns_ = 0;
  std::list<DeployerProcess> deployers_;
  std::optional<std::chrono::steady_clock::time_point> absent_since_;
  std::map<std::shared_ptr<const settings::Settings>, std::vector<std::string>> unserved_;
};

}  // namespace shoal::supervisor
