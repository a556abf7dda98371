#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "supervisor/crash_log.hpp"
#include "supervisor/deployers.hpp"
#include "supervisor/worker_processes.hpp"

namespace shoal::supervisor {

/// Passes messages between the workers of a configuration and its deployer, in order, and tells the
/// deployer what becomes of the workers. What is for a deployer that does not exist is dropped: the
/// next one asks the workers. No call waits. Used by one thread.
class Relay {
 public:
  /// REQUIRES: both outlive it.
  Relay(WorkerProcesses& workers, Deployers& deployers)
      : workers_(workers), deployers_(deployers) {}

  /// Passes the message on and returns true, if it is one for the deployer.
  bool from_worker(const WorkerProcess& worker, const nlohmann::json& message) const;

  /// Passes on what the deployer says to one worker or to all workers of its configuration.
  void from_deployer(const DeployerProcess& deployer, const nlohmann::json& message) const;

  /// Tells a new deployer which workers of its configuration there are, and which of them drain.
  void introduce(DeployerProcess& deployer) const;

  /// The worker drains from now on.
  void left(const WorkerProcess& worker) const;

  /// The worker has exited. `crash` is what its report says.
  void exited(const WorkerProcesses::Exited& exited, const CrashLog::Crash& crash) const;

 private:
  void tell(const WorkerProcess& worker, const nlohmann::json& message) const;

  WorkerProcesses& workers_;
  Deployers& deployers_;
};

}  // namespace shoal::supervisor
