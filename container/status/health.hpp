#pragma once

#include <string>
#include <vector>

#include "status/overview.hpp"

namespace shoal::status {

enum class Level {
  kGood,
  kNote,     ///< for information, no action is needed
  kWarning,  ///< visitors are served, but an operator should look at it
  kBroken    ///< visitors are not served, or soon will not be
};

/// One fact about the health of the container. The texts contain text of visitors and modules: pass
/// them through shown() for output.
struct Finding {
  Level level = Level::kNote;
  std::string group{};   ///< the group that it is about; empty: the container
  std::string title{};   ///< `the last drop into shop was refused`
  std::string detail{};  ///< cause and remedy, as far as known; may have several lines
  Time since = 0;        ///< 0: not known
  bool past = false;     ///< the problem is over: it does not count for the verdict
};

/// The verdict, which page, table and metrics show first. It is about the present: past findings
/// are shown but do not count.
struct Health {
  Level level = Level::kGood;       ///< of the worst present finding; kGood if that is a note
  std::string headline{};           ///< `all 3 groups are healthy`, or the title of the worst
  std::vector<Finding> findings{};  ///< the worst first, past ones last
};

// In seconds.
constexpr double kSlowStart = 10;    ///< a deployer that does not work for longer is a problem
constexpr double kLongRequest = 10;  ///< a request that runs for longer is a finding
constexpr double kGoesOn = 60;       ///< a repeated event is present if the last one is not older
constexpr double kRecent = 3600;     ///< a past problem is a finding if it is not older

/// Returns the health of a container. Depends only on `overview`; ages are relative to its `at`.
Health health_of(const Overview& overview);

/// The condition of a group in one or two words: `healthy`, `drop refused`, `drop waits`, `in
/// quarantine`, `nothing loaded`, `mixed generations`, `lingering`.
struct Condition {
  Level level = Level::kGood;
  std::string words{};
};
Condition condition_of(const Group& group);

/// Returns how many threads of the worker have a request.
std::size_t busy_threads(const Worker& worker);

/// Returns how many worker processes are in this state.
std::size_t workers_in(const Overview& overview, Worker::State state);

}  // namespace shoal::status
