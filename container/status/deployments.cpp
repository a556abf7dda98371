#include "status/deployments.hpp"

#include <algorithm>

#include "status/enum_names.hpp"

namespace shoal::status {
namespace {

Outcome outcome_of(const Deployment& deployment) {
  switch (deployment.verdict) {
    case Verdict::kNone:
      return {Level::kNote, "not decided"};
    case Verdict::kLive:
      return {Level::kGood, "live"};
    case Verdict::kRefused:
      return {Level::kWarning, "refused"};
    case Verdict::kUnchanged:
    case Verdict::kOvertaken:
      break;
  }
  return {Level::kNote, std::string(name_of(deployment.verdict))};
}

bool is_in_progress(const Group& group) {
  return group.drop->verdict == Verdict::kNone && group.state != Group::State::kCurrent;
}

bool is_in_history(const Group& group) {
  return std::find(group.history.begin(), group.history.end(), *group.drop) != group.history.end();
}

}  // namespace

Outcome outcome_of_drop(const Group& group) {
  if (is_in_progress(group)) return {Level::kNote, std::string(name_of(group.state))};
  return outcome_of(*group.drop);
}

std::vector<GroupDeployment> last_deployments(const Overview& overview, std::size_t most) {
  std::vector<GroupDeployment> all;
  for (const Group& group : overview.groups) {
    if (group.drop && !is_in_history(group)) {
      all.push_back({group.name, outcome_of_drop(group), *group.drop});
    }
    for (const Deployment& one : group.history) {
      all.push_back({group.name, outcome_of(one), one});
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const GroupDeployment& one, const GroupDeployment& other) {
                     return one.deployment.at > other.deployment.at;
                   });
  if (all.size() > most) all.resize(most);
  return all;
}

}  // namespace shoal::status
