#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <list>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "status/merge.hpp"
#include "status/overview.hpp"
#include "supervisor/deployers.hpp"
#include "supervisor/worker_processes.hpp"

namespace shoal::supervisor {

/// Asks all workers and the deployer for their status without waiting for them. A query is complete
/// when each of them has answered or has exited, or 1 s has passed. Used by one thread.
class StatusQueries {
 public:
  /// Gets the answers, merged into what the supervisor knows.
  using Answer = std::function<void(const status::Overview& overview)>;

  /// Asks all workers that have started, and the deployer; it may be null.
  void begin(WorkerProcesses& workers, DeployerProcess* deployer, Answer answer);

  /// Takes a worker's answer to this query. Query 0 is not a query: it is a worker's last status.
  void received(WorkerProcess& worker, unsigned query, const nlohmann::json& answer);

  /// Takes the deployer's answer to this query.
  void received(const DeployerProcess& deployer, unsigned query, const nlohmann::json& answer);

  /// A worker or a deployer has exited; it will not answer.
  void exited(const WorkerProcess& worker);
  void exited(const DeployerProcess& deployer);

  /// Calls the Answer of each query that is complete. `overview` is what the supervisor knows.
  void conclude(const status::Overview& overview);

  /// Returns the latest time at which `conclude` has something to do.
  std::chrono::steady_clock::time_point deadline() const;

  bool empty() const { return queries_.empty(); }

 private:
  struct Query {
    unsigned number;
    Answer answer;
    std::chrono::steady_clock::time_point until;
    std::set<pid_t> awaited{};
    std::vector<status::WorkerStatus> received{};
    bool deployer_has_answered = false;
  };

  std::list<Query> queries_;
  unsigned next_ = 0;
  status::EndedWorkers exited_;
  nlohmann::json deployer_;  // the last status of a deployer; null: there was none
};

}  // namespace shoal::supervisor
