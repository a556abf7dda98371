#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "control/control_socket.hpp"
#include "modules/ledger.hpp"
#include "supervisor/health_server.hpp"
#include "supervisor/service.hpp"
#include "supervisor/status_queries.hpp"

namespace shoal::supervisor {

/// Answers commands on the control socket and health checks, and reports to systemd. No call waits
/// for a client or a worker. Used by one thread.
class Answers {
 public:
  /// Throws std::runtime_error, with the remedy, when the control socket cannot be opened.
  /// REQUIRES: the ledger outlives it.
  Answers(const std::filesystem::path& run, modules::Ledger& ledger)
      : control_(run), ledger_(ledger) {}

  /// Reads what has been asked and answers what can be answered now.
  void serve(Service& service);

  control::ControlSocket& control() { return control_; }

  /// The workers' status, as it arrives.
  StatusQueries& queries() { return queries_; }

  /// Returns the descriptors to wait for, to be readable. `service` has the socket of
  /// the health checks.
  std::vector<int> descriptors(const Service& service) const;

  /// Returns the latest time at which `serve` has something to do.
  std::chrono::steady_clock::time_point deadline(const Service& service) const;

 private:
  using Clock = std::chrono::steady_clock;

  void answer_commands(Service& service);
  nlohmann::json reload(const std::string& group, WorkerProcesses& workers);
  void notify_systemd(Service& service);

  control::ControlSocket control_;
  modules::Ledger& ledger_;
  HealthServer health_;
  StatusQueries queries_;
  Clock::time_point watchdog_due_{};  // for systemd, as is the next
  Clock::time_point status_due_{};
};

}  // namespace shoal::supervisor
