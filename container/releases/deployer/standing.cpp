// What a deployer begins with, and what makes a group stale besides its files.
#include <fcntl.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/descriptor.hpp"
#include "releases/apps/digest.hpp"
#include "releases/deployer/deployer.hpp"
#include "releases/deployer/messages.hpp"
#include "releases/deployer/supervisor_messages.hpp"
#include "releases/history/fingerprint.hpp"

namespace shoal::releases {
namespace {

using nlohmann::json;

// A module that hangs in its constructor must not keep the others from being served.
constexpr std::chrono::seconds kLongestStart{30};

/// Returns the content of files where they lie; empty if one cannot be read.
std::string content_now(const Files& files) {
  std::vector<ReleasedFile> released;
  for (const auto& [module, file] : files) {
    const base::Descriptor opened(::open(file.path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    const auto digest = opened ? sha256_of(opened.get()) : std::nullopt;
    if (!digest) return {};
    ReleasedFile it;
    it.module = module;
    it.sha256 = *digest;
    released.push_back(std::move(it));
  }
  return content_of(released);
}

bool is_of_files(const Origin& origin) {
  return origin.kind == Origin::Kind::kDrop || origin.kind == Origin::Kind::kFiles ||
         origin.kind == Origin::Kind::kStart;
}

}  // namespace

Deployer::Deployer(DeployerParts parts)
    : parts_(std::move(parts)),
      records_(parts_.run, parts_.history, parts_.service),
      apps_(parts_.apps, parts_.grouping, parts_.rules, parts_.feed),
      fleet_([this](pid_t worker, json message) {
        json passed{{"say", supervisor_message::kTo}, {"message", std::move(message)}};
        if (worker != 0) passed["worker"] = worker;
        parts_.send(std::move(passed));
      }),
      questions_([this](unsigned question, json words) { send_answer(question, std::move(words)); },
                 [this](unsigned question, const std::string& text) {
                   parts_.send({{"say", supervisor_message::kProgress},
                                {"question", question},
                                {"words", {{"progress", text}}}});
                 }),
      openings_({.groups = groups_,
                 .fleet = fleet_,
                 .refuse = [this](Group& group, const std::string& why,
                                  Ban ban) { refuse(group, why, ban); },
                 .replace =
                     [this](pid_t worker, const std::string& why) {
                       parts_.send({{"say", supervisor_message::kReplaceWorker},
                                    {"worker", worker},
                                    {"why", why}});
                     }}),
      trials_(parts_.probe) {
  apps_.begin(groups_);
  records_.take_over(groups_);
  for (const auto& [name, decision] : Decisions(records_.decisions())) resume(name, decision);
  apps_.read(groups_);
  tell_present();
}

Deployer::~Deployer() {
  if (std::uncaught_exceptions() > 0) return;  // it dies over what it works on
  for (const auto& [name, group] : groups_) {
    if (group.deployment) records_.end_work(name);
  }
}

/// Goes on from what an earlier deployer has decided: of this run of the service, it serves; of an
/// earlier one, it is what the group goes back to if its files are bad.
void Deployer::resume(const std::string& name, const Decision& decision) {
  complete_record(name, decision);
  const auto found = groups_.find(name);
  const bool continues = decision.service == parts_.service;
  if (found == groups_.end()) {
    if (!continues) records_.forget(name);
    return continues ? take_over_removed(name, decision) : void();
  }
  Group& group = found->second;
  group.decision = decision;
  if (!continues) return;
  group.at_start = false;
  apps_.settle(group);
  if (!serve_decided(group)) return;
  const Release* const release = records_.history().find(name, decision.release);
  if (release != nullptr && release->ban == Ban::kWithdrawn) {
    // An earlier deployer died before it had something else to serve.
    return withdraw(name, decision.number, release->crashes);
  }
  if (decision.configs == digest_of(configs_of(group))) return;
  // Its modules have other settings now.
  group.serving.reset();
  parts_.feed.page->reset(group.cell, 0);
  if (group.life.state() != State::kCurrent) return;
  if (decision.release != 0) {
    wish(group, {.origin = {Origin::Kind::kReload, {}},
                 .release = decision.release,
                 .instead_of = decision.instead_of});
  } else {
    group.judged.clear();
    become_stale(group);
  }
}

/// An earlier deployer may have died after it had decided, before the history knew.
void Deployer::complete_record(const std::string& name, const Decision& decision) {
  const Release* const release = records_.history().find(name, decision.release);
  if (release == nullptr) return;
  const auto& attempts = release->attempts;
  if (std::ranges::find(attempts, decision.number, &Attempt::generation) != attempts.end()) return;
  records_.history().record(
      name, decision.release,
      {decision.at, decision.origin, decision.number, Verdict::kLive, std::string()});
}

/// Returns the last verdict on what lay in the apps folder, for commands that did not hear of it;
/// nullopt if it is not kept.
std::optional<Judgement> Deployer::last_drop_of(const Group& group) const {
  const Release* of = nullptr;
  const Attempt* last = nullptr;
  for (const auto& [number, release] : records_.history().of(group.name)) {
    for (const auto& attempt : release.attempts) {
      if (!is_of_files(attempt.origin) || (last != nullptr && attempt.at < last->at)) continue;
      of = &release;
      last = &attempt;
    }
  }
  if (last == nullptr) return std::nullopt;
  Judgement judgement;
  judgement.verdict = last->verdict;
  judgement.origin = last->origin;
  judgement.generation = group.serving ? group.serving->number : 0;
  judgement.made = last->generation;
  judgement.release = of->number;
  judgement.reason = last->reason;
  judgement.files = of->files;
  judgement.at = last->at;
  return judgement;
}

/// Has what is decided serve. Returns false if its stage cannot be used.
bool Deployer::serve_decided(Group& group) {
  const Decision& decision = *group.decision;
  try {
    group.serving = described_in(records_.stages().folder() / decision.stage);
  } catch (const std::exception& error) {
    spdlog::warn("{}: {}", group.name, error.what());
    return false;
  }
  parts_.feed.page->reset(group.cell, decision.number);
  note_withdrawn(group);
  const bool is_judged = decision.judged == fingerprint_of(group.present) || !group.swept;
  if (!group.wishes.empty() || !is_judged) return true;
  group.judged = group.present;
  group.was_judged = true;
  group.announced = true;
  group.last = group.last_drop = last_drop_of(group);
  group.refusal = decision.refusal;
  if (group.last && !group.refusal.empty()) group.refused_at = group.last->at;
  group.life.on(Life::Event::kReverted);
  parts_.feed.page->decide(group.cell, group.wanted);
  return true;
}

/// The machine lacks what a new generation needs. If none serves, the one that did in an earlier
/// run of the service, or with other settings, goes on: its stage is still there.
void Deployer::serve_as_before(Group& group) {
  if (group.serving || !group.decision) return;
  const Release* const release = records_.history().find(group.name, group.decision->release);
  if (release != nullptr && release->ban != Ban::kNone) return;
  group.decision->service = parts_.service;
  if (!serve_decided(group)) return;
  records_.decide(group.name, *group.decision);
  for (const pid_t worker : fleet_.set()) fleet_.mapped(worker, group.name, group.serving->number);
  fleet_.send_to_all({{"say", message::kServe},
                      {"group", group.name},
                      {"number", group.serving->number},
                      {"stage", group.decision->stage}});
  spdlog::warn("{}: {} serves again, as before the start", group.name, group.serving->label());
}

/// Of a group whose files have all gone while there was no deployer.
void Deployer::take_over_removed(const std::string& name, const Decision& decision) {
  const auto cell = parts_.feed.page->add(name);
  if (!cell) return;
  Group& group = groups_[name];
  group.name = name;
  group.swept = !decision.pinned;
  group.cell = *cell;
  group.wanted = parts_.feed.page->cell(*cell).wanted;
  group.decision = decision;
  try {
    group.serving = described_in(records_.stages().folder() / decision.stage);
    parts_.feed.page->reset(group.cell, decision.number);
  } catch (const std::exception& error) {
    spdlog::warn("{}: {}", name, error.what());
  }
  group.was_judged = true;
  if (!group.swept) return;
  group.stale_since = Clock::now();
  group.announced = false;
  group.judged["?"] = {};  // it had files
  group.life.on(Life::Event::kChanged);
}

/// What the group goes back to: what served before, else the newest that was good.
const Release* Deployer::fallback_of(const Group& group, unsigned long other_than) const {
  const auto& history = records_.history();
  if (group.decision && group.decision->release != other_than &&
      !group.unfit.contains(group.decision->release)) {
    const Release* const before = history.find(group.name, group.decision->release);
    if (before != nullptr && before->ban == Ban::kNone) return before;
  }
  auto others = group.unfit;
  others.insert(other_than);
  return history.last_good(group.name, others);
}

/// At the start: whether these bytes are not to be tried again. What served before serves then.
bool Deployer::is_banned(Group& group) {
  const auto& all = records_.history().of(group.name);
  const bool any =
      std::ranges::any_of(all, [](const auto& entry) { return entry.second.ban != Ban::kNone; });
  if (!group.at_start || !any) return false;
  const std::string content = content_now(group.present);
  const Release* const release = records_.history().find_content(group.name, content);
  if (release == nullptr || release->ban == Ban::kNone) return false;
  const Release* const fallback = fallback_of(group, release->number);
  const unsigned long back_to = fallback == nullptr ? 0 : fallback->number;
  note_withdrawn(group, *release);
  const std::string why = group.name + "/" + std::to_string(release->last_generation()) + ": " +
                          reason_of(release->ban) + "; drop new files";
  spdlog::warn("{}; {}", why,
               back_to == 0 ? "the group is not served"
                            : "release " + std::to_string(back_to) + " serves instead");
  const bool rolled_back = release->ban == Ban::kRolledBack;
  const unsigned long instead = rolled_back ? 0 : release->last_generation();
  group.deployment->release = release->number;
  group.spare_number = group.deployment->number;
  if (back_to == 0) group.refusal = why;
  judge(group, Verdict::kNone, why);
  if (back_to != 0) {
    const auto kind = rolled_back ? Origin::Kind::kRollback : Origin::Kind::kLastGood;
    Wish before{.origin = {kind, {}}, .release = back_to};
    if (group.withdrawn != 0) before.note = note_of(instead);
    before.instead_of = instead;
    wish(group, std::move(before));
  }
  return true;
}

std::string Deployer::note_of(unsigned long instead_of) {
  return "instead of " + std::to_string(instead_of) + ", quarantined";
}

/// Takes what is known of a quarantine from the history.
void Deployer::note_withdrawn(Group& group, const Release& release) {
  if (release.ban != Ban::kWithdrawn) return;
  group.withdrawn = release.last_generation();
  group.crashes = release.crashes;
  group.withdrawn_at = release.banned_at;
}

void Deployer::note_withdrawn(Group& group) {
  if (!group.decision || group.decision->instead_of == 0) return;
  const Release* const release = records_.history().find(group.name, group.decision->instead_of);
  if (release != nullptr) note_withdrawn(group, *release);
}

void Deployer::wish(Group& group, Wish wish) {
  if (wish.origin.kind == Origin::Kind::kLastGood) {
    group.wishes.push_front(std::move(wish));
  } else {
    const bool reads_files = group.deployment && !group.deployment->wish;
    wish.files_first = group.present != (reads_files ? group.deployment->taken : group.judged);
    group.wishes.push_back(std::move(wish));
  }
  become_stale(group);
}

/// A new generation is due, whatever changed in the apps folder.
void Deployer::become_stale(Group& group) {
  if (group.life.state() == State::kCurrent) group.stale_since = Clock::now();
  ++group.wanted;
  parts_.feed.page->want(group.cell, group.stale_since);
  group.life.on(Life::Event::kChanged);
}

/// The generation has crashed workers: its release is not to serve any more.
void Deployer::withdraw(const std::string& name, unsigned long number, unsigned crashes) {
  auto& history = records_.history();
  const Release* const release = history.find(name, number);
  if (release != nullptr) history.ban(name, release->number, Ban::kWithdrawn, crashes);
  const auto found = groups_.find(name);
  if (found != groups_.end() && found->second.decision) {
    const Decision& decision = *found->second.decision;
    const bool serves =
        decision.number == number || (release != nullptr && release->number == decision.release);
    if (serves) go_back(found->second, number, crashes);
  }
  // Only now: until then a new deployer would be told again.
  parts_.send({{"say", supervisor_message::kWithdrawn}, {"group", name}, {"number", number}});
}

/// Has the last good release serve instead of this generation.
void Deployer::go_back(Group& group, unsigned long number, unsigned crashes) {
  const auto is_instead = [&](const Wish& wish) { return wish.instead_of == number; };
  const bool is_under_way =
      std::ranges::any_of(group.wishes, is_instead) ||
      (group.deployment && group.deployment->wish && is_instead(*group.deployment->wish));
  if (is_under_way) return;
  const Release* const good = fallback_of(group, group.decision->release);
  group.withdrawn = number;
  group.crashes = crashes;
  group.withdrawn_at = std::chrono::system_clock::now();
  spdlog::error("{}/{}: in quarantine after {} crashes; {} until new files are dropped", group.name,
                number, crashes,
                good == nullptr ? "no earlier good files are kept, so the group is not served"
                                : "goes back to the files of " + group.name + "/" +
                                      std::to_string(good->last_generation()));
  if (good == nullptr) {
    group.refusal = group.name + "/" + std::to_string(number) + " is in quarantine after " +
                    std::to_string(crashes) +
                    " crashes, and no other files can serve instead; drop new files";
    group.refused_at = group.withdrawn_at;
    return serve_nothing(group);
  }
  Wish before{.origin = {Origin::Kind::kLastGood, {}}, .release = good->number};
  before.note = note_of(number);
  before.instead_of = number;
  wish(group, std::move(before));
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

void Deployer::find_out_whether_all_is_judged() {
  if (all_judged_) return;
  const bool every = std::ranges::all_of(groups_, [](const auto& entry) {
    const Group& group = entry.second;
    return group.serving || (group.was_judged && group.wishes.empty() && !group.deployment);
  });
  if (!every && Clock::now() < began_ + kLongestStart) return;
  all_judged_ = true;
  // Who has not opened the list yet is told when it has.
  for (const pid_t worker : fleet_.set()) fleet_.send(worker, {{"say", message::kJudged}});
}

json Deployer::present_modules() const {
  json groups = json::object();
  for (const auto& [name, group] : groups_) {
    auto& modules = groups[name] = json::array();
    for (const auto& [module, file] : group.present) modules.push_back(module);
  }
  return groups;
}

/// Requests to modules that are there but not loaded get a 503, and not a 404. Workers know of a
/// module before it serves, and that it is gone before its group is: there is no moment with the
/// wrong answer.
void Deployer::tell_present() const {
  fleet_.send_to_all({{"say", message::kPresent}, {"groups", present_modules()}});
}

void Deployer::tell_unserved() {
  std::set<std::string> groups;
  for (const auto& [name, group] : groups_) {
    if (!group.serving && !group.present.empty()) groups.insert(name);
  }
  if (groups == unserved_) return;
  unserved_ = groups;
  parts_.send({{"say", supervisor_message::kUnserved}, {"groups", groups}});
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
  return untidy_ ? std::min(next, std::max(tidied_ + kPause, now)) : next;
}

}  // namespace shoal::releases
