#include "status/merge.hpp"

#include <algorithm>
#include <map>

namespace shoal::status {
namespace {

bool serves(const WorkerReport& report) { return report.worker.state == Worker::State::kServing; }

/// Whose word counts on what the groups are.
std::vector<const WorkerReport*> witnesses(const std::vector<WorkerReport>& reports) {
  const bool any_serves = std::any_of(reports.begin(), reports.end(), serves);
  std::vector<const WorkerReport*> heard;
  for (const WorkerReport& report : reports) {
    if (!any_serves || serves(report)) heard.push_back(&report);
  }
  return heard;
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

/// What the newest of them says, but for what is counted.
Group facts_of(const std::vector<Serving>& serving, const std::vector<const Group*>& told) {
  const auto newest =
      std::max_element(told.begin(), told.end(), [](const Group* one, const Group* other) {
        return number_of(one->generation) < number_of(other->generation);
      });
  Group group = **newest;
  group.requests = group.errors = group.refusals = group.generations = 0;
  group.latency = {};
  group.lingering.clear();
  group.disagree.clear();
  for (const Group* part : told) {
    if (part->generation != group.generation) continue;  // it is of the past, with what it says
    // A process that was replaced has loaded it later than the others.
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

std::vector<Group> groups_of(const std::vector<const WorkerReport*>& heard) {
  std::map<std::string, std::pair<std::vector<Serving>, std::vector<const Group*>>> told;
  for (const WorkerReport* report : heard) {
    for (const Group& group : report->groups) {
      auto& [serving, parts] = told[group.name];
      serving.push_back({.pid = report->worker.pid, .generation = group.generation});
      parts.push_back(&group);
    }
  }
  std::vector<Group> groups;
  for (const auto& [name, parts] : told) groups.push_back(facts_of(parts.first, parts.second));
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

void Departed::add(const WorkerReport& last) {
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

/// Those of all groups that ever were.
std::uint64_t generations_of(const std::vector<WorkerReport>& reports, const Departed& departed) {
  std::map<std::string, std::uint64_t> made;
  for (const auto& [name, counted] : departed.groups_) made[name] = counted.generations;
  for (const WorkerReport& report : reports) {
    for (const Group& group : report.groups) {
      auto& most = made[group.name];
      most = std::max(most, group.generations);
    }
  }
  std::uint64_t all = 0;
  for (const auto& [name, generations] : made) all += generations;
  return all;
}

Overview merge(Overview told, const std::vector<WorkerReport>& reports, const Departed& departed) {
  told.groups = groups_of(witnesses(reports));
  told.workers.clear();
  told.requests = departed.requests_;
  told.errors = departed.errors_;
  for (Group& group : told.groups) {
    const auto gone = departed.groups_.find(group.name);
    if (gone != departed.groups_.end()) count(group, gone->second);
  }
  for (const WorkerReport& report : reports) {
    told.workers.push_back(report.worker);
    told.requests += report.worker.requests;
    told.errors += report.worker.errors;
    for (const Group& part : report.groups) {
      const auto group = std::find_if(told.groups.begin(), told.groups.end(),
                                      [&](const Group& one) { return one.name == part.name; });
      if (group == told.groups.end()) continue;
      count(*group, part);
      merge_lingering(group->lingering, part.lingering);
    }
  }
  told.generations = generations_of(reports, departed);
  std::stable_sort(
      told.workers.begin(), told.workers.end(),
      [](const Worker& one, const Worker& other) { return one.started < other.started; });
  return told;
}

}  // namespace shoal::status
