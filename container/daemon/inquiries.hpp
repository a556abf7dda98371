#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <list>
#include <set>
#include <vector>

#include "daemon/crew.hpp"
#include "status/merge.hpp"
#include "status/report.hpp"

namespace shoal::daemon {

/// Questions about what all workers do, each on its way: the workers are asked, and when all have
/// told, or will not, there is an answer. Used by one thread.
class Inquiries {
 public:
  /// Gets the merged answer. What the supervisor knows itself is in it already.
  using Answer = std::function<void(const status::Overview& overview)>;

  /// Asks all workers that can tell.
  void begin(Crew& crew, Answer answer);

  /// A worker tells.
  void told(Worker& worker, unsigned inquiry, const nlohmann::json& report);

  /// It has ended, so it will not.
  void departed(const Worker& worker);

  /// Answers what is complete, or overdue. `overview` is what the supervisor knows.
  void conclude(const status::Overview& overview);

  /// When `conclude` has something to do at the latest.
  std::chrono::steady_clock::time_point deadline() const;

  bool empty() const { return inquiries_.empty(); }

 private:
  struct Inquiry {
    unsigned number;
    Answer answer;
    std::chrono::steady_clock::time_point until;
    std::set<pid_t> awaited{};
    std::vector<status::WorkerReport> reports{};
  };

  std::list<Inquiry> inquiries_;
  unsigned next_ = 0;
  status::Departed departed_;
};

}  // namespace shoal::daemon
