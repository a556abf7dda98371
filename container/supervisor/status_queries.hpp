#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "status/merge.hpp"
#include "status/overview.hpp"
#include "supervisor/deployers.hpp"
#include "supervisor/worker_processes.hpp"

namespace shoal::supervisor {

/// Asks all workers and the deployer for their status without waiting for them. A query is complete
/// when all of them have answered or exited. It waits 1 s for the workers and for a deployer that
/// has not begun, and for a deployer that works until that counts as silent. Used by one thread.
class StatusQueries {
 public:
  /// Gets the workers' answers, merged into what the supervisor knows.
  using Answer = std::function<void(const status::Overview& overview)>;

  /// Asks all workers that have started, and the deployer. `deployer` is null if none runs.
  void begin(WorkerProcesses& workers, Answer answer, DeployerProcess* deployer = nullptr);

  /// Takes a worker's answer to this query. Query 0 is not a query: it is a worker's last status.
  void received(WorkerProcess& worker, unsigned query, const nlohmann::json& answer);

  /// Takes the deployer's answer, for all queries that wait for it. `status` is null if it has none
  /// to tell: its last one still holds.
  void deployer_answered(const nlohmann::json& status);

  /// The deployer has exited; it will not answer.
  void deployer_exited();

  /// A worker has exited; it will not answer.
  void exited(const WorkerProcess& worker);

  /// Calls the Answer of each query that is complete. `overview` is what the supervisor knows, also
  /// of the deployer.
  void conclude(const status::Overview& overview);

  /// Returns the latest time at which `conclude` has something to do.
  std::chrono::steady_clock::time_point deadline() const;

  bool empty() const { return queries_.empty(); }

 private:
  struct Query {
    unsigned number;
    Answer answer;
    std::chrono::steady_clock::time_point until;
    std::shared_ptr<const status::Counters> counters;
    std::set<pid_t> awaited{};                                              ///< workers
    std::optional<std::chrono::steady_clock::time_point> deployer_until{};  ///< it is awaited
    bool heard_deployer = false;
    std::vector<status::WorkerStatus> received{};

    /// Returns when it is complete, if nothing arrives before.
    std::chrono::steady_clock::time_point complete_at() const;
  };

  std::list<Query> queries_;
  unsigned next_ = 0;
  std::optional<status::DeployerStatus> deployer_;  // the last that was received
};

}  // namespace shoal::supervisor
