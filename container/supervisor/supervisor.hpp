#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "supervisor/answers.hpp"
#include "supervisor/deployer_watch.hpp"
#include "supervisor/inherited_sockets.hpp"
#include "supervisor/restart_pause.hpp"
#include "supervisor/run_folder.hpp"
#include "supervisor/service.hpp"
#include "supervisor/signals.hpp"

namespace shoal::supervisor {

/// The parent of the workers and of their deployer. It holds the listeners, so that connections
/// wait while a worker is replaced. It loads no module, so that no module can crash it. It has one
/// thread, so that it can fork.
///
/// Signals: TERM, INT and QUIT drain the workers and stop; HUP reloads the configuration; USR1
/// reopens the logs. A worker or a deployer that dies is replaced: see RestartPause.
class Supervisor {
 public:
  /// Takes the run folder and opens the sockets. Throws std::runtime_error, with the remedy, if
  /// that fails.
  explicit Supervisor(settings::Settings settings);

  /// Serves until a signal stops it, and returns nullopt. Also returns in each process that it
  /// forks, with the assignment of that process: destroy this object there before carrying it out.
  /// Throws std::runtime_error, once all workers have exited, when the first of them cannot start.
  std::optional<Assignment> run();

  /// Returns a descriptor that holds the run folder as long as it is open.
  base::Descriptor hold() const { return run_folder_.hold(); }

 private:
  using Clock = std::chrono::steady_clock;

  void wait() const;
  Clock::time_point next_deadline() const;
  bool lacks_workers() const;

  void handle_signals();
  void reload_configuration();
  void refuse_configuration(const std::string& why);
  void answer_reload();
  void stop(int signal);
  void begin_stopping();

  void read_messages();
  void handle(WorkerProcess& worker, const nlohmann::json& message);
  void became_ready(WorkerProcess& worker);
  void cannot_start(const settings::Settings* settings, const std::string& why);

  std::optional<Assignment> start_processes();
  std::optional<Assignment> start_workers();
  void drain_replaced_workers();
  void replace(WorkerProcess& worker);
  void share_control_socket();
  void close_left_connections() const;
  void reap();
  void exited(WorkerProcesses::Exited exited);
  void died(const WorkerProcess& worker, const std::string& how);

  InheritedSockets inherited_;  // before the supervisor opens a socket of its own
  RunFolder run_folder_;
  const Signals signals_;
  Answers answers_;
  Service service_;
  DeployerWatch deployer_watch_;
  RestartPause restart_pause_;
  bool reload_again_ = false;  // SIGHUP came before the last reload was done
  std::string cannot_start_;   // why the first worker or deployer cannot start
};

}  // namespace shoal::supervisor
