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
#include "supervisor/worker_processes.hpp"

namespace shoal::supervisor {

/// Asks all workers and the deployer for their status without waiting for them. A query is complete
/// when all of them have answered or exited, or 1 s has passed. Used by one thread.
class StatusQueries {
 public:
  /// Gets the workers' answers, merged into what the supervisor knows.
  using Answer = std::function<void(const status::Overview& overview)>;

  /// Asks all workers that have started, and the deployer. `deployer` is null if none runs.
  void begin(WorkerProcesses& workers, Answer answer, control::Channel* deployer = nullptr);

  /// Takes a worker's answer to this query. Query 0 is not a query: it is a worker's last status.
  void received(WorkerProcess& worker, unsigned query, const nlohmann::json& answer);

  /// A deployer was forked: from now on, overviews say whether one answers.
  void deployer_started(pid_t id);

  /// Takes the deployer's answer, for all queries that wait for it.
  void deployer_answered(const nlohmann::json& answer);

  /// The deployer has exited; it will not answer.
  void deployer_exited();

  /// A worker has exited; it will not answer.
  void exited(const WorkerProcess& worker);

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
    std::shared_ptr<const status::Counters> counters;
    std::set<pid_t> awaited{};  ///< workers
    bool awaits_deployer = false;
    bool heard_deployer = false;
    std::vector<status::WorkerStatus> received{};

    bool is_complete() const { return awaited.empty() && !awaits_deployer; }
  };

  std::list<Query> queries_;
  unsigned next_ = 0;
  std::optional<status::DeployerStatus> deployer_;  // the last that was received
  bool deployer_is_asked_ = false;                  // and has not answered yet
};

}  // namespace shoal::supervisor
