#pragma once

#include <string>
#include <vector>

#include "status/overview.hpp"

namespace shoal::status {

enum class Level {
  kGood,
  kNote,     ///< worth a line, nobody need do anything
  kWarning,  ///< visitors are served, and somebody should look
  kBroken    ///< visitors are not served, or soon will not be
};

/// One thing to know. Texts hold what visitors and modules wrote: show them through shown().
struct Finding {
  Level level = Level::kNote;
  std::string group{};   ///< which it is about; empty: the container
  std::string title{};   ///< `the last drop into shop was refused`
  std::string detail{};  ///< cause and remedy, as far as known; may have several lines
  Time since = 0;        ///< 0: not known
  bool past = false;     ///< it was wrong, and is not now: no part of the verdict
};

/// What page, table and metrics say first. The verdict is about now: past findings are told, and
/// decide nothing.
struct Health {
  Level level = Level::kGood;       ///< the worst of the findings of now; a note is good as well
  std::string headline{};           ///< `all 3 groups are healthy`, or the title of the worst
  std::vector<Finding> findings{};  ///< the worst first; past ones after all others
};

/// In seconds. A request that runs for longer than the first is told of. What happened again and
/// again, and last within the second, goes on now. What was wrong within the third is told of.
constexpr double kLongRequest = 10;
constexpr double kGoesOn = 60;
constexpr double kRecent = 3600;

/// Decided from `overview` alone; ages are counted from its `at`.
Health health_of(const Overview& overview);

/// One or two words for a group: `healthy`, `drop refused`, `in quarantine`, `nothing loaded`, ...
struct Condition {
  Level level = Level::kGood;
  std::string words{};
};
Condition condition_of(const Group& group);

/// Threads of `worker` that have a request.
std::size_t busy_threads(const Worker& worker);

/// Worker processes in this state.
std::size_t workers_in(const Overview& overview, Worker::State state);

}  // namespace shoal::status
