// The loop, and a deployment until it is opened: see verdicts.cpp for the rest.
#include "releases/deployer/deployer.hpp"

#include <spdlog/spdlog.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "releases/apps/digest.hpp"
#include "releases/history/fingerprint.hpp"
#include "releases/linking/load_error.hpp"

namespace shoal::releases {
void Deployer::step() {
  if (released()) return;
  eventfd_t times = 0;
  if (::eventfd_read(parts_.feed.wake->get(), &times) == 0) apps_.doubt();
  if (apps_.read(groups_)) tell_present();
  for (auto& result : trials_.finished()) take_result(std::move(result));
  openings_.check_deadlines();
  for (auto& [name, group] : groups_) advance(group);
  openings_.give_turn();
  find_out_whether_all_is_judged();
  tell_unserved();
  questions_.tell(groups_);
  records_.catch_up();
  tidy();
}

/// A deployment: each line is a step. What comes in between, results of trials and messages of
/// workers, moves the group's life on: see life.hpp and openings.hpp.
void Deployer::advance(Group& group) {
  switch (group.life.state()) {
    case State::kSettling:
      return begin_trial(group);
    case State::kSpreading:
      if (group.deployment->awaited.empty()) decide(group);
      return;
    case State::kCurrent:
    case State::kTrying:   // until take_result
    case State::kWaiting:  // until Openings::give_turn
    case State::kOpening:  // until the worker has opened it
      return;
  }
}

void Deployer::begin_trial(Group& group) {
  const auto now = Clock::now();
  if (releasing_ || group.not_before > now) return;
  const bool for_wish = group.wish_is_next();
  if (!for_wish) {
    if (group.settled_at > now || apps_.being_written(group) || apps_.held()) return;
    if (group.present.empty()) return remove(group);
  }
  if (!trials_.has_room() || !has_room(group)) return;
  auto& deployment = group.deployment.emplace();
  deployment.began = now;
  deployment.wanted = group.wanted;
  if (for_wish) {
    deployment.wish = std::move(group.wishes.front());
    group.wishes.pop_front();
    deployment.origin = deployment.wish->origin;
    // Files that nobody has read yet stay unread, and who waits for them goes on waiting.
    deployment.taken = group.judged;
    if (group.has_unread_files()) deployment.wanted = parts_.feed.page->cell(group.cell).decided;
  } else {
    deployment.origin = apps_.origin_of(group);
    deployment.taken = group.present;
  }
  group.life.on(Life::Event::kBegun);
  try {
    TrialOrder order = order_of(group);
    if (!find_source(group, order)) return;
    trials_.begin(std::move(order));
  } catch (const LoadError& error) {
    refuse(group, error.what());
  } catch (const std::exception& error) {
    try_later(group, error.what());
  }
}

bool Deployer::has_room(Group& group) {
  constexpr std::size_t kMostMapped = 3;  // one serves, one is used up, more are held for good
  const auto mapped = fleet_.most_mapped(group.name);
  if (mapped.size() < kMostMapped) {
    group.waits_for_room = false;
    return true;
  }
  if (!std::exchange(group.waits_for_room, true)) {
    spdlog::warn(
        "{}: a reload waits: {} generations of it are still mapped; the oldest is {}/{}; see "
        "\"shoal status\" for what keeps it, or send SIGHUP to replace the workers",
        group.name, mapped.size(), group.name, *mapped.begin());
  }
  return false;
}

TrialOrder Deployer::order_of(Group& group) {
  auto& deployment = *group.deployment;
  deployment.number = group.spare_number != 0 ? std::exchange(group.spare_number, 0)
                                              : records_.history().next_number(group.name);
  const auto count = records_.stages().next_count();
  TrialOrder order;
  order.members.group = group.name;
  order.members.files = group.present;
  order.members.apps = apps_.apps();
  order.number = deployment.number;
  order.label = label_of(count);
  order.stage = records_.stages().name(group.name, deployment.number, count);
  deployment.stage = order.stage;
  order.current = group.serving;
  order.configs = configs_of(group);
  return order;
}

/// Finds out what the generation is to be made of. Returns false if there is a verdict already.
bool Deployer::find_source(Group& group, TrialOrder& order) {
  auto& deployment = *group.deployment;
  auto& history = records_.history();
  if (deployment.wish) {
    find_release(group, order);
    return true;
  }
  if (is_banned(group)) return false;
  const auto fingerprint = fingerprint_of(group.present);
  const auto& first = group.present.begin()->second.path;
  if (!records_.begin_work(group.name, fingerprint, first.native())) {
    throw LoadError(first.native() +
                    ": the deployer died while it read this file, or one beside it; change the "
                    "files and drop them again");
  }
  deployment.draft = order.draft = history.draft(group.name, deployment.number);
  if (group.decision && !group.withdrawn) {
    const Release* const serving = history.find(group.name, group.decision->release);
    if (group.serving && serving != nullptr) order.serving = content_of(serving->files);
  }
  if (group.serving && !group.withdrawn) {
    for (const auto& module : group.serving->modules) {
      if (module.handler) order.members.handlers.insert(module.module);
    }
  }
  return true;
}

/// The same for what somebody has asked for.
void Deployer::find_release(Group& group, TrialOrder& order) {
  auto& deployment = *group.deployment;
  Wish& wish = *deployment.wish;
  const bool is_asked = deployment.origin.kind != Origin::Kind::kLastGood;
  if (is_asked && group.present.empty()) {
    throw LoadError("all files of the group are gone; drop them again");
  }
  if (wish.release == 0 && group.decision) {
    wish.release = group.decision->release;
    wish.instead_of = group.decision->instead_of;
    if (group.serving) wish.note = group.serving->note;
  }
  const auto& history = records_.history();
  const Release* const release = history.find(group.name, wish.release);
  if (release == nullptr) throw LoadError("its release is not kept any more; drop its files");
  deployment.release = release->number;
  order.note = wish.note;
  order.copies = history.copies_of(*release);
  order.members.files.clear();
  for (const auto& file : release->files) order.members.files[file.module] = File{file.path, {}};
}

Configs Deployer::configs_of(const Group& group) const {
  Configs configs;
  for (const auto& [module, config] : parts_.configs) {
    if (apps_.grouping().of(module).group == group.name) configs.emplace(module, config);
  }
  return configs;
}

std::string Deployer::digest_of(const Configs& configs) {
  Digest digest;
  digest.add(text_of(Trial{.staged = {}, .configs = configs}));
  return digest.hex(16);
}

void Deployer::take_result(TrialResult result) {
  Group& group = groups_.at(result.group);
  auto& deployment = *group.deployment;
  for (const auto& line : result.warnings) spdlog::warn("{}", line);
  deployment.files = result.files;
  switch (result.kind) {
    case TrialResult::Kind::kGood:
      spdlog::debug("{}: {}", result.staged.label(), result.steps);
      deployment.staged = std::move(result.staged);
      deployment.opening_time = result.opening_time;
      if (!deployment.wish) deployment.release = add_release(group, result);
      return group.life.on(Life::Event::kTried);
    case TrialResult::Kind::kUnchanged:
      deployment.release = group.decision->release;
      if (const auto* const kept = records_.history().find(group.name, deployment.release)) {
        heal(*kept, deployment.draft);
      }
      group.spare_number = deployment.number;
      group.refusal.clear();
      spdlog::info("{}: unchanged: the files are those of {}", group.name, group.label());
      return judge(group, Verdict::kUnchanged, "");
    case TrialResult::Kind::kRefused:
      if (!deployment.wish && !result.files.empty()) {
        deployment.release = add_release(group, result);
      } else if (!deployment.draft.empty()) {
        History::drop_draft(deployment.draft);
      }
      return refuse(group, result.why);
    case TrialResult::Kind::kFilesChanged:
      return try_later(group, "");
    case TrialResult::Kind::kUnavailable:
      return try_later(group, result.why);
  }
}

/// The same bytes were dropped again: what was damaged of the kept copies is replaced.
void Deployer::heal(const Release& known, const std::filesystem::path& draft) try {
  records_.history().heal(known, draft);
} catch (const std::runtime_error& error) {
  spdlog::warn("{}; the copies that are kept of {}/{} stay as they are", error.what(), known.group,
               known.number);
}

/// Keeps what was dropped. Without it the deployment goes on: the group has less to go back to.
unsigned long Deployer::add_release(Group& group, const TrialResult& result) {
  auto& history = records_.history();
  const auto& deployment = *group.deployment;
  const Release* const known = history.find_content(group.name, content_of(result.files));
  if (known != nullptr) {
    heal(*known, deployment.draft);
    return known->number;
  }
  try {
    Release release;
    release.group = group.name;
    release.number = deployment.number;
    release.files = result.files;
    history.add(std::move(release), deployment.draft);
    untidy_ = true;
    return deployment.number;
  } catch (const std::runtime_error& error) {
    spdlog::warn("{}; until then a quarantine cannot bring the files of this generation back",
                 error.what());
    History::drop_draft(deployment.draft);
    return 0;
  }
}

void Deployer::tidy() {
  if (!untidy_ || Clock::now() < next_tidying_) return;
  std::set<std::string> needed;
  std::map<std::string, std::set<unsigned long>> releases;
  for (const auto& [name, group] : groups_) {
    if (group.serving) needed.insert(group.serving->stage.filename());
    if (group.deployment) {
      needed.insert(group.deployment->stage.filename());
      releases[name].insert(group.deployment->release);
    }
    for (const auto& wish : group.wishes) releases[name].insert(wish.release);
  }
  // No message tells when a process that is not a worker has ended, such as one of the probe.
  untidy_ = !records_.tidy_stages(std::move(needed));
  next_tidying_ = Clock::now() + (untidy_ ? kLongPause : kPause);
  records_.tidy_history(std::move(releases));
}

bool Deployer::released() const {
  return releasing_ && std::ranges::all_of(groups_, [](const auto& entry) {
           const auto state = entry.second.life.state();
           return state == State::kCurrent || state == State::kSettling;
         });
}

std::vector<int> Deployer::descriptors() const {
  std::vector<int> all{trials_.descriptor(), parts_.feed.wake->get()};
  if (parts_.feed.inotify) all.push_back(parts_.feed.inotify->get());
  return all;
}

Deployer::Clock::time_point Deployer::deadline() const {
  auto next = std::min(apps_.deadline(groups_), records_.deadline());
  const auto now = Clock::now();
  for (const auto& [name, group] : groups_) {
    switch (group.life.state()) {
      case State::kSettling: {
        const auto settled = group.wish_is_next() ? now : group.settled_at;
        const bool blocked =
            !trials_.has_room() || group.waits_for_room || apps_.being_written(group);
        const auto soon = now + std::chrono::milliseconds(blocked ? 100 : 1);
        next = std::min(next, std::max({settled, group.not_before, soon}));
        break;
      }
      case State::kOpening:
      case State::kSpreading:
        next = std::min(next, Openings::deadline_of(*group.deployment));
        break;
      case State::kCurrent:
      case State::kTrying:
      case State::kWaiting:
        break;
    }
  }
  if (!all_judged_) next = std::min(next, began_ + kLongestStart);
  return untidy_ ? std::min(next, std::max(next_tidying_, now)) : next;
}

}  // namespace shoal::releases
