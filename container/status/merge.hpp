#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "status/overview.hpp"

namespace shoal::status {

/// The counters of worker processes that have ended. With them the sums in an Overview never fall
/// when a process ends; Prometheus would take that for a restart. Not thread-safe.
class EndedWorkers {
 public:
  /// Adds the counters of a process that has ended. `last` is the last status that it sent.
  /// REQUIRES: called once for each process.
  void add(const WorkerStatus& last);

 private:
  friend std::uint64_t generations_of(const std::vector<WorkerStatus>& statuses,
                                      const EndedWorkers& ended);
  friend Overview merge(Overview overview, const std::vector<WorkerStatus>& statuses,
                        const EndedWorkers& ended);

  struct Counted {
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;
    std::uint64_t refusals = 0;
    std::uint64_t generations = 0;
    Histogram latency;
  };

  std::uint64_t requests_ = 0;
  std::uint64_t errors_ = 0;
  std::map<std::string, Counted> groups_;
};

/// Returns `overview`, which holds what the supervisor itself knows, with the workers' statuses
/// merged into it: workers by age, groups by name, counters as sums. Every process refuses the same
/// drop and makes the same generation, so `refusals` and `generations` are the highest count of one
/// process.
///
/// What a group is (its generation, modules, refusal) comes from the workers that serve, and of
/// these from the one with the newest generation. Starting and draining workers are asked only when
/// no worker serves. Groups that no such worker has any more are left out.
Overview merge(Overview overview, const std::vector<WorkerStatus>& statuses,
               const EndedWorkers& ended = {});

}  // namespace shoal::status
