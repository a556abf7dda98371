#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <list>
#include <set>
#include <vector>

#include "status/merge.hpp"
#include "status/overview.hpp"
#include "supervisor/worker_processes.hpp"

namespace shoal::supervisor {

/// Asks all workers for their status without waiting for them. A query is complete when every
/// worker has answered, has exited, or 1 s has passed. Used by one thread.
class StatusQueries {
 public:
  /// Gets the workers' answers, merged into what the supervisor knows.
  using Answer = std::function<void(const status::Overview& overview)>;

  /// Asks all workers that have started.
  void begin(WorkerProcesses& workers, Answer answer);

  /// Takes a worker's answer to this query. Query 0 is not a query: it is a worker's last status.
  void received(WorkerProcess& worker, unsigned query, const nlohmann::json& answer);

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
    std::set<pid_t> awaited{};
    std::vector<status::WorkerStatus> received{};
  };

  std::list<Query> queries_;
  unsigned next_ = 0;
  status::EndedWorkers exited_;
};

}  // namespace shoal::supervisor
