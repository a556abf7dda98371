#include "modules/registry.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "releases/apps/name.hpp"

namespace shoal::modules {
namespace {

// A module that hangs in its constructor must not keep the others from being served.
constexpr std::chrono::seconds kLongestStart{30};

// Kernels before 6.13 stamp files with a clock that ticks every 1 to 10 ms: what is written twice
// within a tick, and keeps its size, looks the same. So nothing younger than that is loaded.
constexpr std::chrono::milliseconds kClockTick{10};

SweepRules with_time_to_tick(SweepRules rules) {
  rules.settle = std::max(rules.settle, kClockTick);
  return rules;
}

}  // namespace

Registry::Registry(std::filesystem::path apps, const std::filesystem::path& run, Ledger& ledger,
                   Grouping grouping, SweepRules rules, Surroundings surroundings,
                   std::optional<Probe> probe, std::function<void()> on_change)
    : grouping_(std::move(grouping)),
      rules_(with_time_to_tick(rules)),
      on_change_(std::move(on_change)),
      stages_(run),
      ledger_(ledger),
      folder_(std::move(apps), rules.watch, rules.interval) {
  std::unique_lock lock(mutex_);
  std::set<std::string> names;
  for (const auto& [module, file] : folder_.files()) names.insert(grouping_.of(module).group);
  for (const auto& name : names) {
    renew(name);
    // What lies there at the start was dropped before.
    auto& settled_at = groups_[name].settled_at;
    settled_at = std::min(settled_at, Clock::now() + kClockTick);
  }
  replace_snapshot();
  loader_.emplace(static_cast<Desk&>(*this), stages_, ledger_.kept(), std::move(surroundings),
                  std::move(probe));
  judged_.wait_for(lock, kLongestStart, [this] { return stale_groups_ == 0; });
}

Registry::~Registry() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  // The generations go to the loader, which closes them before it ends.
  groups_.clear();
  stale_groups_ = 0;
  snapshot_.reset();
  lock.unlock();
  loader_.reset();
}

std::shared_ptr<const Snapshot> Registry::enter(std::string_view target) {
  // Before the mutex, so that threads do not queue for it while one is in the kernel. Who took in
  // what was told since has marked the groups by the time that this thread has the mutex.
  const bool told = folder_.told();
  std::unique_lock lock(mutex_);
  // Woken for the least event: other processes may have seen more of it.
  if (sweep(told)) loader_->wake();
  if (stale_groups_ == 0) return snapshot_;
  const auto latest = Clock::now() + rules_.wait;
  // None is ever taken out, so others may sweep while this one waits.
  for (const auto& [name, group] : groups_) {
    if (group.stale && can_answer(group, target)) wait_for(group, latest, lock);
  }
  return snapshot_;
}

std::string Registry::watching() const {
  const std::lock_guard lock(mutex_);
  return folder_.watching();
}

/// Learns of drops; whether there was anything to learn. `told`: Folder::told, asked before, which
/// is all that a quiet sweep costs, whatever the number of modules.
bool Registry::sweep(bool told) {
  if (folder_.quiet(told)) return false;
  doubtful_ = true;
  std::set<std::string> touched;
  for (const auto& module : folder_.refresh()) {
    const Membership membership = grouping_.of(module);
    // A pinned group that is not loaded yet is loaded as it lies by then.
    const auto known = groups_.find(membership.group);
    const bool due = known != groups_.end() && known->second.stale;
    if (membership.swept || due) touched.insert(membership.group);
  }
  for (const auto& name : touched) renew(name);
  judged_.notify_all();
  return true;
}

/// Compares what one group should be made of with what its generation was made of.
void Registry::renew(const std::string& name) {
  Group& group = groups_[name];
  Files wanted;
  for (const auto& [module, file] : folder_.files()) {
    const Membership membership = grouping_.of(module);
    if (membership.group != name) continue;
    group.swept = membership.swept;
    wanted.emplace(module, file);
  }
  if (wanted != group.wanted) {
    ++group.drops;
    group.fall_back = false;
    group.wanted = std::move(wanted);
    std::vector<std::string> modules;
    for (const auto& [module, file] : group.wanted) modules.push_back(module);
    group.modules = std::make_shared<const std::vector<std::string>>(std::move(modules));
  }
  // What stands in for files in quarantine is a new drop like any other when it is dropped.
  if (group.serving && !group.quarantine && group.wanted == group.served_files) {
    group.tried = group.wanted;
    group.terms = group.served;
    group.wish.files = group.served.files;
    group.refusal.clear();
  }
  judge(group);
  if (!group.serving) replace_snapshot();
}

void Registry::judge(Group& group) {
  const bool stale = group.wanted != group.tried || group.due || group.fall_back;
  if (stale && !group.stale) {
    ++stale_groups_;
    group.stale_since = Clock::now();
  } else if (!stale && group.stale) {
    --stale_groups_;
  }
  group.stale = stale;
  if (stale) group.settled_at = settled_at(group);
}

/// The last order for the group is done, for better or worse. What is stale from here on has become
/// so since that order was taken.
void Registry::conclude(Group& group, const Order& order) {
  group.tried = std::move(group.taking);
  group.judged = group.taken;
  group.due = false;
  group.fall_back = false;
  // To fall back says nothing of the files that lie there: those were judged before.
  if (!order.wish.refused) {
    group.wish = order.wish;
    group.terms = order.terms;
  }
  if (std::exchange(group.stale, false)) --stale_groups_;
  judge(group);
}

/// When the group will have been quiet for long enough. The times on disk tell how long it has been
/// already, so that whoever comes back to the browser after the drop does not wait again.
Registry::Clock::time_point Registry::settled_at(const Group& group) const {
  // One file cannot disagree with itself: only the clock has to move on.
  const bool alone = group.wanted.size() == 1 && group.tried.size() == 1 &&
                     group.wanted.begin()->first == group.tried.begin()->first;
  const std::chrono::nanoseconds settle = alone ? kClockTick : rules_.settle;
  std::chrono::nanoseconds quiet = settle;
  for (const auto& [module, file] : group.wanted) {
    const auto tried = group.tried.find(module);
    if (tried != group.tried.end() && tried->second == file) continue;
    // Whole, and by its own time unlike all files before it: neither to settle nor to tick for.
    if (folder_.dropped_whole(module)) continue;
    quiet = std::min(quiet, folder_.quiet_for(file));
  }
  const bool removed = std::ranges::any_of(
      group.tried, [&](const auto& entry) { return !group.wanted.contains(entry.first); });
  if (removed) quiet = std::chrono::nanoseconds::zero();
  // Not to put it off for ever when somebody drops faster than the group can settle.
  return std::min(Clock::now() + (settle - quiet),
                  group.stale_since + std::max(rules_.wait, rules_.settle));
}

bool Registry::being_written(const Group& group) const {
  return std::ranges::any_of(
      group.wanted, [this](const auto& entry) { return folder_.being_written(entry.first); });
}

/// Whether a module of the group, as it was or as it will be, is `target` or on the way to it.
bool Registry::can_answer(const Group& group, std::string_view target) const {
  const auto answers = [target](const auto& entry) {
    const std::string& module = entry.first;
    return is_of_type(target, module) || (module.size() == target.size() + 6 &&
                                          module.starts_with(target) && module.ends_with(".index"));
  };
  return std::ranges::any_of(group.wanted, answers) || std::ranges::any_of(group.tried, answers);
}

/// Waits until what was dropped by now is judged; what is dropped from here on is for later
/// requests.
void Registry::wait_for(const Group& group, Clock::time_point latest,
                        std::unique_lock<std::mutex>& lock) {
  // In the middle of a drop by `shoal drop` nothing new is due yet.
  if (folder_.held()) return;
  const unsigned long drops = group.drops;
  while (group.stale && group.judged < drops) {
    const auto until = std::min(group.stale_since + rules_.wait, latest);
    // A file that is still open for writing is no completed drop: nothing new is due yet.
    if (Clock::now() >= until || being_written(group)) return;
    judged_.wait_until(lock, until);
  }
}

void Registry::replace_snapshot() {
  Snapshot::Generations generations;
  std::set<std::string> unloaded;
  for (const auto& [name, group] : groups_) {
    if (group.serving) {
      generations.emplace(name, group.serving);
    } else {
      for (const auto& [module, file] : group.wanted) unloaded.insert(module);
    }
  }
  snapshot_ = std::make_shared<const Snapshot>(std::move(generations), unloaded);
  if (on_change_) on_change_();
}

}  // namespace shoal::modules
