#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "status/report.hpp"

namespace shoal::status {

/// What worker processes that are gone had counted. Without it the sums would fall when a process
/// ends, and whoever reads counters takes that for a restart. Not thread-safe.
class Departed {
 public:
  /// `last` is the last report of a process that has ended; to be told once for each.
  void add(const WorkerReport& last);

 private:
  friend std::uint64_t generations_of(const std::vector<WorkerReport>& reports,
                                      const Departed& departed);
  friend Overview merge(Overview told, const std::vector<WorkerReport>& reports,
                        const Departed& departed);

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

/// `told`, which is what the supervisor knows by itself, with the workers' reports in it: workers
/// by age, groups by name, counters as sums. Each drop is refused by every process, so `refusals`
/// is the most that one has counted; `generations` likewise.
///
/// What a group is (its generation, its modules, its refusal) is told by those workers that serve,
/// the one with the newest generation first; a starting or draining one is heard only when none
/// serves. Groups that no such worker has any more are left out.
Overview merge(Overview told, const std::vector<WorkerReport>& reports,
               const Departed& departed = {});

}  // namespace shoal::status
