#include "status/merge.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace shoal::status {
namespace {

/// What the processes say of one group.
struct Parts {
  const Group* decided = nullptr;      ///< of the deployer; null: it does not know the group
  std::vector<const Group*> loaded{};  ///< of the workers that say what is loaded,
  std::vector<Serving> serving{};      ///< and what each of them serves
  std::vector<Lingering> lingering{};  ///< of all workers
};

using PartsByName = std::map<std::string, Parts>;

bool serves(const WorkerStatus& status) { return status.worker.state == Worker::State::kServing; }

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

PartsByName parts_of(const std::vector<WorkerStatus>& workers,
                     const std::optional<DeployerStatus>& deployer) {
  PartsByName parts;
  const bool any_serves = std::any_of(workers.begin(), workers.end(), serves);
  for (const WorkerStatus& status : workers) {
    if (any_serves && !serves(status)) continue;
    for (const Group& group : status.groups) {
      parts[group.name].loaded.push_back(&group);
      parts[group.name].serving.push_back({status.worker.pid, group.generation});
    }
  }
  for (const WorkerStatus& status : workers) {
    for (const Group& group : status.groups) {
      const auto found = parts.find(group.name);
      if (found != parts.end()) merge_lingering(found->second.lingering, group.lingering);
    }
  }
  if (!deployer) return parts;
  for (const Group& group : deployer->groups) {
    // An old status does not tell which groups there are now.
    if (deployer->deployer.answers) {
      parts[group.name].decided = &group;
    } else if (const auto found = parts.find(group.name); found != parts.end()) {
      found->second.decided = &group;
    }
  }
  return parts;
}

/// Returns what the worker with the newest generation says of the group; null if no worker has it.
const Group* newest_of(const std::vector<const Group*>& loaded) {
  const auto newest =
      std::max_element(loaded.begin(), loaded.end(), [](const Group* one, const Group* other) {
        return number_of(one->generation) < number_of(other->generation);
      });
  return newest == loaded.end() ? nullptr : *newest;
}

/// Without a deployer, workers report refusals and quarantines themselves.
void add_findings_of_workers(Group& group, const std::vector<const Group*>& loaded) {
  for (const Group* part : loaded) {
    group.refusals = std::max(group.refusals, part->refusals);
    group.generations = std::max(group.generations, part->generations);
    if (part->generation != group.generation) continue;  // out of date
    if (part->refused && (!group.refused || group.refused->at < part->refused->at)) {
      group.refused = part->refused;
    }
    if (part->quarantine && !group.quarantine) group.quarantine = part->quarantine;
  }
}

/// Sets what workers have loaded: modules, time, and which of them serve something else than
/// `group.generation`.
void add_loaded(Group& group, const Parts& parts) {
  for (const Group* part : parts.loaded) {
    if (part->generation != group.generation) continue;  // out of date
    // A worker that was started later has loaded the generation later than the others.
    group.loaded = group.loaded == 0 ? part->loaded : std::min(group.loaded, part->loaded);
    group.modules = part->modules;
  }
  const bool agree =
      std::all_of(parts.serving.begin(), parts.serving.end(),
                  [&](const Serving& one) { return one.generation == group.generation; });
  if (!agree) group.disagree = parts.serving;
  group.lingering = parts.lingering;
}

Group merged(const Parts& parts, bool deployer_answers) {
  const Group* newest = newest_of(parts.loaded);
  Group group = parts.decided != nullptr ? *parts.decided : *newest;
  if (!deployer_answers) {
    if (group.generation != newest->generation) group.release = 0;
    group.generation = newest->generation;
    group.state = Group::State::kCurrent;
  }
  group.requests = group.errors = group.refusals = group.generations = 0;
  group.latency = {};
  group.loaded = 0;
  group.disagree.clear();
  add_loaded(group, parts);
  if (parts.decided == nullptr) add_findings_of_workers(group, parts.loaded);
  return group;
}

void add_counted(Group& group, const Counted& counted) {
  const auto found = counted.groups.find(group.name);
  if (found == counted.groups.end()) return;
  group.requests = found->second.requests;
  group.errors = found->second.errors;
  group.latency = found->second.latency;
  group.refusals = std::max(group.refusals, found->second.refusals);
  group.generations = std::max(group.generations, found->second.generations);
}

/// Returns the generations of all groups that ever were.
std::uint64_t generations_of(const std::vector<Group>& groups, const Counted& counted) {
  std::map<std::string, std::uint64_t> made;
  for (const auto& [name, group] : counted.groups) made[name] = group.generations;
  for (const Group& group : groups) made[group.name] = group.generations;
  std::uint64_t all = counted.others.generations;
  for (const auto& [name, generations] : made) all += generations;
  return all;
}

}  // namespace

Overview merge(Overview overview, const std::vector<WorkerStatus>& workers, const Counted& counted,
               const std::optional<DeployerStatus>& deployer) {
  overview.deployer.reset();
  if (deployer) overview.deployer = deployer->deployer;
  overview.groups.clear();
  for (const auto& [name, parts] : parts_of(workers, deployer)) {
    overview.groups.push_back(merged(parts, deployer && deployer->deployer.answers));
    add_counted(overview.groups.back(), counted);
  }
  overview.requests = counted.requests;
  overview.errors = counted.errors;
  overview.generations = generations_of(overview.groups, counted);
  overview.workers.clear();
  for (const WorkerStatus& status : workers) overview.workers.push_back(status.worker);
  std::stable_sort(
      overview.workers.begin(), overview.workers.end(),
      [](const Worker& one, const Worker& other) { return one.started < other.started; });
  return overview;
}

}  // namespace shoal::status
