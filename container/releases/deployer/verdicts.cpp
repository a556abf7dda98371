// A verdict on a deployment, and what it changes.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "releases/deployer/deployer.hpp"
#include "releases/deployer/messages.hpp"
#include "releases/history/fingerprint.hpp"

namespace shoal::releases {
namespace {

// Files that changed while they were staged are being written now.
constexpr std::chrono::milliseconds kNextLook{10};

// The machine may have by then what it lacks.
constexpr std::chrono::milliseconds kNextTry{1'000};

}  // namespace

/// Once this is recorded there is no way back.
void Deployer::decide(Group& group) {
  auto& deployment = *group.deployment;
  const Decision decision = decision_on(group);
  const bool goes_back = decision.origin.kind == Origin::Kind::kRollback && group.decision &&
                         group.decision->release != decision.release;
  if (goes_back) {
    records_.history().ban(group.name, group.decision->release, Ban::kRolledBack);
  }
  records_.decide(group.name, decision);
  group.decision = decision;
  group.serving = *deployment.staged;
  if (parts_.on_generation) parts_.on_generation(group.name);
  parts_.feed.page->serve(group.cell, deployment.number, deployment.wanted);
  fleet_.send_to_all(message_about(deployment, message::kServe));
  spdlog::info("{}: live, {} modules{}", group.serving->label(), group.serving->modules.size(),
               group.serving->note.empty() ? "" : " (" + group.serving->note + ")");
  if (!deployment.wish) {
    group.withdrawn = 0;
    group.refusal.clear();
    // What was to serve instead of what is replaced now.
    std::erase_if(group.wishes,
                  [](const Wish& wish) { return wish.origin.kind == Origin::Kind::kLastGood; });
  }
  group.unfit.clear();
  judge(group, Verdict::kLive, "");
}

Decision Deployer::decision_on(const Group& group) const {
  const auto& deployment = *group.deployment;
  const auto kind = deployment.origin.kind;
  Decision decision;
  decision.number = deployment.number;
  decision.release = deployment.release;
  decision.stage = deployment.staged->stage.filename();
  decision.pinned = !group.swept;
  decision.service = parts_.service;
  decision.configs = digest_of(configs_of(group));
  decision.rolled_back =
      kind == Origin::Kind::kRollback ||
      (kind == Origin::Kind::kReload && group.decision && group.decision->rolled_back);
  decision.instead_of = deployment.wish ? deployment.wish->instead_of : 0;
  decision.judged = fingerprint_of(deployment.taken);
  decision.refusal = deployment.wish ? group.refusal : "";
  decision.origin = deployment.origin;
  decision.question = deployment.wish ? deployment.wish->question : 0;
  decision.at = std::chrono::system_clock::now();
  return decision;
}

/// All files of the group are gone.
void Deployer::remove(Group& group) {
  if (group.serving) spdlog::info("{}: all its files are gone; it is no longer served", group.name);
  group.withdrawn = 0;
  group.refusal.clear();
  serve_nothing(group);
  Deployment none;
  none.wanted = group.wanted;
  none.began = Clock::now();
  group.deployment = std::move(none);
  judge(group, Verdict::kLive, "");
}

void Deployer::serve_nothing(Group& group) {
  records_.forget(group.name);
  group.serving.reset();
  group.decision.reset();
  parts_.feed.page->serve(group.cell, 0, parts_.feed.page->cell(group.cell).decided);
  fleet_.send_to_all({{"say", message::kGone}, {"group", group.name}});
  untidy_ = true;
}

void Deployer::refuse(Group& group, const std::string& why, Ban ban) {
  auto& deployment = *group.deployment;
  if (deployment.staged) fleet_.send_to_all(message_about(deployment, message::kDiscard));
  if (ban != Ban::kNone && deployment.release != 0) {
    records_.history().ban(group.name, deployment.release, ban);
  }
  const bool is_fallback = deployment.origin.kind == Origin::Kind::kLastGood;
  if (is_fallback) group.unfit.insert(deployment.wish->release);
  const bool is_withdrawn = group.serving && group.serving->number == group.withdrawn;
  const bool lacks_good = !group.serving || (is_fallback && is_withdrawn);
  const auto instead = lacks_good ? next_fallback(group) : std::nullopt;
  if (is_withdrawn && lacks_good && !instead) {
    group.refusal = why;  // nothing can serve instead; what is in quarantine must not
    group.refused_at = std::chrono::system_clock::now();
    serve_nothing(group);
  }
  spdlog::error("{}: {} refused: {}; {}", group.name,
                deployment.wish ? text_of(deployment.origin) : "drop", why,
                instead         ? "goes back to release " + std::to_string(instead->release)
                : group.serving ? "still serving " + group.serving->label()
                                : "the group is not served");
  if (!deployment.wish) {
    group.refusal = why;
    group.refused_at = std::chrono::system_clock::now();
    if (parts_.on_refusal) parts_.on_refusal(group.name);
  }
  judge(group, Verdict::kRefused, why);
  if (instead) wish(group, *instead);
}

/// Returns the wish for the next release that can serve, now that this deployment is refused.
std::optional<Wish> Deployer::next_fallback(const Group& group) const {
  const auto& deployment = *group.deployment;
  const Release* const release = fallback_of(group, deployment.release);
  if (release == nullptr) return std::nullopt;
  Wish wish;
  if (deployment.origin.kind == Origin::Kind::kLastGood) wish = *deployment.wish;
  wish.origin = {Origin::Kind::kLastGood, {}};
  wish.release = release->number;
  return wish;
}

/// What came in the way says nothing against the files.
void Deployer::try_later(Group& group, const std::string& why) {
  const bool is_new = !why.empty() && std::exchange(group.hindrance, why) != why;
  if (is_new) spdlog::warn("{}: cannot be loaded now: {}", group.name, why);
  auto deployment = std::exchange(group.deployment, std::nullopt);
  if (!deployment->draft.empty()) History::drop_draft(deployment->draft);
  if (deployment->staged) {
    fleet_.send_to_all(message_about(*deployment, message::kDiscard));
  }
  if (!deployment->staged) group.spare_number = deployment->number;
  if (deployment->wish) group.wishes.push_front(std::move(*deployment->wish));
  records_.end_work(group.name);  // if a deployer dies now, these files are not to blame
  group.not_before = Clock::now() + (why.empty() ? kNextLook : kNextTry);
  if (why.empty()) apps_.doubt();
  group.life.on(Life::Event::kUnstable);
  if (is_new) serve_as_before(group);
}

/// The end of each deployment. First all is recorded, then the commands that wait learn of it:
/// whoever has heard of a verdict finds it in the history, even if this process is killed.
void Deployer::judge(Group& group, Verdict verdict, const std::string& reason) {
  auto deployment = std::move(*std::exchange(group.deployment, std::nullopt));
  group.judged = std::move(deployment.taken);
  group.at_start = false;
  group.was_judged = true;
  group.hindrance.clear();
  group.last = Judgement{.verdict = verdict,
                         .origin = deployment.origin,
                         .generation = group.serving ? group.serving->number : 0,
                         .made = verdict == Verdict::kLive && group.serving ? deployment.number : 0,
                         .release = deployment.release,
                         .reason = reason,
                         .files = std::move(deployment.files),
                         .at = std::chrono::system_clock::now(),
                         .took = Clock::now() - deployment.began};
  if (!deployment.wish) group.last_drop = group.last;
  remember(group);
  record(group);
  group.life.on(Life::Event::kJudged);
  const bool stale = group.has_unread_files() || !group.wishes.empty();
  if (group.life.state() == State::kSettling && !stale) group.life.on(Life::Event::kReverted);
  if (group.life.state() == State::kCurrent && stale) group.life.on(Life::Event::kChanged);
  auto& page = *parts_.feed.page;
  if (stale) {
    // What came meanwhile has a time of its own, from here on.
    group.stale_since = Clock::now();
    apps_.settle(group);
    if (group.announced) {
      ++group.wanted;
      page.want(group.cell, group.stale_since);
    }
  }
  page.decide(group.cell, stale ? deployment.wanted : group.wanted);
  questions_.judged(group, deployment.wish ? deployment.wish->question : 0);
  untidy_ = true;
}

/// Writes down what became of the last deployment, so that no later deployer tries it again.
void Deployer::record(Group& group) {
  const Judgement& last = *group.last;
  auto& history = records_.history();
  const bool tried = last.release != 0 && last.verdict != Verdict::kNone;
  if (tried) {
    history.record(group.name, last.release,
                   {last.at, last.origin, last.made, last.verdict, last.reason});
    if (last.made != 0) history.ban(group.name, last.release, Ban::kNone);
  }
  const std::string judged = fingerprint_of(group.judged);
  if (group.decision &&
      (group.decision->judged != judged || group.decision->refusal != group.refusal)) {
    group.decision->judged = judged;
    group.decision->refusal = group.refusal;
    records_.decide(group.name, *group.decision);
  }
  records_.end_work(group.name);
}

void Deployer::remember(Group& group) {
  constexpr std::size_t kMost = 10;
  group.judgements.push_front(*group.last);
  group.judgements.front().files.clear();
  if (group.judgements.size() > kMost) group.judgements.pop_back();
}

}  // namespace shoal::releases
