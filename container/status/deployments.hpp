#pragma once

#include <string>
#include <vector>

#include "status/health.hpp"
#include "status/overview.hpp"

/// The deployments of all groups, for people. Pure functions.
namespace shoal::status {

/// How a deployment stands, in one or two words: the verdict, or `settling`, `trying`, `opening`
/// while it is in progress, or `not decided`.
struct Outcome {
  Level level = Level::kGood;
  std::string words{};
};

/// A deployment of one group.
struct GroupDeployment {
  std::string group{};
  Outcome outcome{};
  Deployment deployment{};
};

/// Returns the outcome of the group's current or last drop. REQUIRES: there is one.
Outcome outcome_of_drop(const Group& group);

/// Returns the last deployments of all groups, the newest first, `most` at most.
std::vector<GroupDeployment> last_deployments(const Overview& overview, std::size_t most);

}  // namespace shoal::status
