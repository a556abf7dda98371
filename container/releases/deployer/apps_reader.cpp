#include "releases/deployer/apps_reader.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/user_name.hpp"
#include "releases/apps/settling.hpp"

namespace shoal::releases {
namespace {

// The process that drops may die, and no event tells of it.
constexpr std::chrono::milliseconds kNextLookAtMarker{5};

/// To watch anew may empty the queue: what was in it is judged only by the first `read`. Returns
/// the folder.
const std::filesystem::path& after_begin_of_reading(const Feed& feed,
                                                    const std::filesystem::path& apps) {
  feed.page->begin_reading();
  return apps;
}

}  // namespace

AppsReader::AppsReader(const std::filesystem::path& apps, Grouping grouping, SweepRules rules,
                       const Feed& feed)
    : grouping_(std::move(grouping)),
      rules_(rules),
      feed_(feed),
      folder_(after_begin_of_reading(feed, apps), rules.watch, rules.interval, feed.inotify) {}

void AppsReader::begin(Groups& groups) {
  begun_ = Clock::now();
  take_in(groups);
}

bool AppsReader::read(Groups& groups) {
  if (!first_ && folder_.quiet()) {
    for (auto& [name, group] : groups) announce(group);
    return false;
  }
  if (!first_) {
    // Odd before the queue is emptied, even when what was queued is judged.
    feed_.page->begin_reading();
    begin(groups);
  }
  for (auto& [name, group] : groups) announce(group);
  first_ = false;
  feed_.page->set_watching(folder_.listens() ? Watching::kInotify : Watching::kStat);
  feed_.page->set_compared(begun_);
  feed_.page->end_reading();
  return true;
}

void AppsReader::take_in(Groups& groups) {
  std::set<std::string> touched;
  const auto touch = [&](const std::string& module) {
    const Membership membership = grouping_.of(module);
    Group* const group = add(groups, membership.group, membership.swept);
    // What is pinned is loaded once.
    if (group != nullptr && (group->swept || !group->serving)) touched.insert(group->name);
  };
  const auto refreshed = folder_.refresh();
  if (!refreshed.empty()) apps_.reset();
  for (const auto& module : refreshed) touch(module);
  if (first_) {
    for (const auto& [module, file] : folder_.files()) touch(module);
    for (const auto& [name, group] : groups) touched.insert(name);
  }
  std::map<std::string, Files> present;
  for (const auto& [module, file] : folder_.files()) {
    const std::string name = grouping_.of(module).group;
    if (touched.contains(name)) present[name].emplace(module, file);
  }
  for (const auto& name : touched) renew(groups.at(name), std::move(present[name]));
}

Group* AppsReader::add(Groups& groups, const std::string& name, bool swept) const {
  const auto known = groups.find(name);
  if (known != groups.end()) return &known->second;
  const auto cell = feed_.page->add(name);
  if (!cell) {
    spdlog::error("{}: not loaded: there are {} groups already; join groups in the configuration",
                  name, Page::kMostGroups);
    return nullptr;
  }
  Group& group = groups[name];
  group.name = name;
  group.swept = swept;
  group.cell = *cell;
  group.wanted = feed_.page->cell(*cell).wanted;
  return &group;
}

/// Compares what the group's folder holds with what was judged.
void AppsReader::renew(Group& group, Files present) {
  const bool changed = present != group.present;
  group.present = std::move(present);
  if (changed) {
    // What was wished for before these files came is granted before them.
    for (auto& wish : group.wishes) wish.files_first = false;
  }
  const bool settling = group.life.state() == Life::State::kSettling;
  if (settling && !group.has_unread_files() && group.wishes.empty()) {
    group.life.on(Life::Event::kReverted);
    group.announced = true;
    feed_.page->decide(group.cell, group.wanted);
    return;
  }
  const bool idle = group.life.state() == Life::State::kCurrent;
  if (!changed || (idle && !group.has_unread_files())) return;
  // A drop that comes while an earlier one is tried or opened has a time of its own.
  const bool is_next = !settling && !group.life.changed_meanwhile();
  if (is_next) group.stale_since = Clock::now();
  group.at_start = first_;
  group.announced = false;
  group.life.on(Life::Event::kChanged);
  settle(group);
  // What lay there when the service began was dropped before; see Deployer::resume.
  if (first_) group.settled_at = std::min(group.settled_at, Clock::now() + kClockTick);
}

/// Says that the group is stale. Not yet in the middle of a drop: a file that is open for writing
/// is no completed drop, and nothing new is due yet.
void AppsReader::announce(Group& group) {
  if (group.announced || being_written(group) || folder_.held()) return;
  group.announced = true;
  ++group.wanted;
  feed_.page->want(group.cell, group.stale_since);
}

void AppsReader::settle(Group& group) const {
  group.settled_at = settled_at(folder_, group.present, group.judged, {rules_.settle, rules_.wait},
                                group.stale_since);
}

Origin AppsReader::origin_of(const Group& group) const {
  Origin origin{group.at_start ? Origin::Kind::kStart : Origin::Kind::kDrop, {}};
  for (const auto& [module, file] : group.present) {
    const auto judged = group.judged.find(module);
    if (judged != group.judged.end() && judged->second == file) continue;
    if (origin.kind == Origin::Kind::kDrop && !folder_.dropped_whole(module)) {
      origin.kind = Origin::Kind::kFiles;
    }
    struct stat status {};
    if (origin.who.empty() && ::stat(file.path.c_str(), &status) == 0) {
      origin.who = base::name_of_user(status.st_uid);
    }
  }
  return origin;
}

AppsReader::Clock::time_point AppsReader::deadline(const Groups& groups) const {
  auto next = folder_.deadline();
  const bool waits =
      std::ranges::any_of(groups, [](const auto& entry) { return !entry.second.announced; });
  if (waits) next = std::min(next, Clock::now() + kNextLookAtMarker);
  return next;
}

std::shared_ptr<const Apps> AppsReader::apps() const {
  if (!apps_) {
    apps_ = std::make_shared<const Apps>(Apps{folder_.path(), folder_.files(), grouping_});
  }
  return apps_;
}

}  // namespace shoal::releases
