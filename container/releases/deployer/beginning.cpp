// What a deployer begins with: what an earlier one has decided.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "releases/deployer/deployer.hpp"
#include "releases/deployer/messages.hpp"
#include "releases/deployer/supervisor_messages.hpp"
#include "releases/history/fingerprint.hpp"

namespace shoal::releases {
namespace {

using nlohmann::json;

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
  records_.end_work(group.name);  // the earlier deployer died after its verdict
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

}  // namespace shoal::releases
