#include "status/merge.hpp"

#include <algorithm>
#include <map>

namespace shoal::status {
namespace {

bool serves(const WorkerStatus& status) { return status.worker.state == Worker::State::kServing; }

/// Returns the workers that say what the groups are: those that serve, or all if no worker serves.
std::vector<const WorkerStatus*> authorities(const std::vector<WorkerStatus>& statuses) {
  const bool any_serves = std::any_of(statuses.begin(), statuses.end(), serves);
  std::vector<const WorkerStatus*> chosen;
  for (const WorkerStatus& status : statuses) {
    if (!any_serves || serves(status)) chosen.push_back(&status);
  }
  return chosen;
}

void merge_lingering(std::vector<Lingering>& all, const std::vector<Lingering>& more) {
  for (const Lingering& old : more) {
    const auto known = std::find_if(all.begin(), all.end(), [&](const Lingering& other) {
      return other.generation == old.generation && other.holder == old.holder;
    });
    if (known == all.end()) {
      all.push_back(old);
    } else {
      known->processes += old.processes;
    }
  }
}

/// Returns what the worker with the newest generation says of a group, without its counters.
Group facts_of(const std::vector<Serving>& serving, const std::vector<const Group*>& parts) {
  const auto newest =
      std::max_element(parts.begin(), parts.end(), [](const Group* one, const Group* other) {
        return number_of(one->generation) < number_of(other->generation);
      });
  Group group = **newest;
  group.requests = group.errors = group.refusals = group.generations = 0;
  group.latency = {};
  group.lingering.clear();
  group.disagree.clear();
  for (const Group* part : parts) {
    if (part->generation != group.generation) continue;  // out of date
    // A worker that was started later has loaded the generation later than the others.
    group.loaded = std::min(group.loaded, part->loaded);
    if (part->refused && (!group.refused || group.refused->at < part->refused->at)) {
      group.refused = part->refused;
    }
    if (part->quarantine && !group.quarantine) group.quarantine = part->quarantine;
  }
  const bool all_the_same = std::all_of(serving.begin(), serving.end(), [&](const Serving& one) {
    return one.generation == serving[0].generation;
  });
  if (!all_the_same) group.disagree = serving;
  return group;
}

std::vector<Group> groups_of(const std::vector<const WorkerStatus*>& statuses) {
  std::map<std::string, std::pair<std::vector<Serving>, std::vector<const Group*>>> by_name;
  for (const WorkerStatus* status : statuses) {
    for (const Group& group : status->groups) {
      auto& [serving, parts] = by_name[group.name];
      serving.push_back({.pid = status->worker.pid, .generation = group.generation});
      parts.push_back(&group);
    }
  }
  std::vector<Group> groups;
  for (const auto& [name, parts] : by_name) groups.push_back(facts_of(parts.first, parts.second));
  return groups;
}

template <typename Counted>
void count(Group& group, const Counted& part) {
  group.requests += part.requests;
  group.errors += part.errors;
  group.latency.merge(part.latency);
  group.refusals = std::max(group.refusals, part.refusals);
  group.generations = std::max(group.generations, part.generations);
}

}  // namespace

void EndedWorkers::add(const WorkerStatus& last) {
  requests_ += last.worker.requests;
  errors_ += last.worker.errors;
  for (const Group& group : last.groups) {
    Counted& counted = groups_[group.name];
    counted.requests += group.requests;
    counted.errors += group.errors;
    counted.refusals = std::max(counted.refusals, group.refusals);
    counted.generations = std::max(counted.generations, group.generations);
    counted.latency.merge(group.latency);
  }
}

/// Returns the generations of all groups that ever were.
std::uint64_t generations_of(const std::vector<WorkerStatus>& statuses, const EndedWorkers& ended) {
  std::map<std::string, std::uint64_t> made;
  for (const auto& [name, counted] : ended.groups_) made[name] = counted.generations;
  for (const WorkerStatus& status : statuses) {
    for (const Group& group : status.groups) {
      auto& most = made[group.name];
      most = std::max(most, group.generations);
    }
  }
  std::uint64_t all = 0;
  for (const auto& [name, generations] : made) all += generations;
  return all;
}

Overview merge(Overview overview, const std::vector<WorkerStatus>& statuses,
               const EndedWorkers& ended) {
  overview.groups = groups_of(authorities(statuses));
  overview.workers.clear();
  overview.requests = ended.requests_;
  overview.errors = ended.errors_;
  for (Group& group : overview.groups) {
    const auto before = ended.groups_.find(group.name);
    if (before != ended.groups_.end()) count(group, before->second);
  }
  for (const WorkerStatus& status : statuses) {
    overview.workers.push_back(status.worker);
    overview.requests += status.worker.requests;
    overview.errors += status.worker.errors;
    for (const Group& part : status.groups) {
      const auto group = std::find_if(overview.groups.begin(), overview.groups.end(),
                                      [&](const Group& one) { return one.name == part.name; });
      if (group == overview.groups.end()) continue;
      count(*group, part);
      merge_lingering(group->lingering, part.lingering);
    }
  }
  overview.generations = generations_of(statuses, ended);
  std::stable_sort(
      overview.workers.begin(), overview.workers.end(),
      [](const Worker& one, const Worker& other) { return one.started < other.started; });
  return overview;
}

}  // namespace shoal::status
