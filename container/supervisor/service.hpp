#pragma once

#include "status/overview.hpp"
#include "supervisor/configurations.hpp"
#include "supervisor/crash_log.hpp"
#include "supervisor/deployers.hpp"
#include "supervisor/health_server.hpp"
#include "supervisor/worker_processes.hpp"

namespace shoal::supervisor {

/// All that a supervisor knows of the running service. Supervisor changes it; Answers answers
/// questions about it. Used by one thread.
struct Service {
  CrashLog crashes;
  Configurations configurations;
  WorkerProcesses workers{};
  Deployers deployers{};
  bool ready = false;     ///< all workers of the first configuration have served once
  bool stopping = false;  ///< a signal has asked it to stop, or it could not start
  const status::Time started = status::now();

  /// Returns true when as many workers of this configuration serve as it asks for.
  bool is_complete(const Configuration& configuration) const;

  /// Returns true when fewer workers of this configuration serve or are starting.
  bool lacks_workers(const Configuration& configuration) const;
};

/// Returns whether the container should get requests. Decided from what workers and the deployer
/// have sent without being asked: no process is waited for.
Readiness readiness_of(const Service& service);

/// Returns what the supervisor itself knows; the workers' status is missing in it.
status::Overview overview_of(const Service& service);

}  // namespace shoal::supervisor
