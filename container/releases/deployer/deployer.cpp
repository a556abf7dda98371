// The loop, and a deployment in the order of its steps.
#include "releases/deployer/deployer.hpp"

#include <spdlog/spdlog.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "releases/deployer/messages.hpp"
#include "releases/deployer/supervisor_messages.hpp"
#include "releases/history/fingerprint.hpp"
#include "releases/linking/load_error.hpp"

namespace shoal::releases {
namespace {

using nlohmann::json;

// Files that changed while they were staged are being written now.
constexpr std::chrono::milliseconds kNextLook{10};

// What the machine lacked, descriptors or room, may be there again by then.
constexpr std::chrono::milliseconds kNextTry{1'000};

// Deployers that may die over the same files.
constexpr unsigned kMostDeaths = 2;

}  // namespace

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
  if (!group.wish && (group.settled_at > now || apps_.being_written(group))) return;
  if (apps_.held() || !trials_.has_room() || !has_room(group)) return;
  if (group.present.empty() && !group.wish) return remove(group);
  auto& deployment = group.deployment.emplace();
  deployment.origin = group.wish ? group.wish->origin : apps_.origin_of(group);
  deployment.taken = group.present;
  deployment.wanted = group.wanted;
  deployment.wish = std::exchange(group.wish, std::nullopt);
  deployment.began = now;
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
    const Release* const release = history.find(group.name, deployment.wish->release);
    if (release == nullptr) throw LoadError("its release is not kept any more; drop its files");
    deployment.release = release->number;
    order.note = deployment.wish->note;
    order.copies = history.copies_of(*release);
    order.members.files.clear();
    for (const auto& file : release->files) {
      order.members.files[file.module] = File{file.path, {}};
    }
    return true;
  }
  if (is_banned(group)) return false;
  const auto fingerprint = fingerprint_of(group.present);
  const auto& first = group.present.begin()->second.path;
  if (records_.begin_work(group.name, fingerprint, first.native()) >= kMostDeaths) {
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

/// Keeps what was dropped. Without it the deployment goes on: the group has less to go back to.
unsigned long Deployer::add_release(Group& group, const TrialResult& result) {
  auto& history = records_.history();
  const auto& deployment = *group.deployment;
  const Release* const known = history.find_content(group.name, content_of(result.files));
  if (known != nullptr) {
    History::drop_draft(deployment.draft);
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

/// Once this is recorded there is no way back.
void Deployer::decide(Group& group) {
  auto& deployment = *group.deployment;
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
  const bool goes_back = kind == Origin::Kind::kRollback && group.decision &&
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
  }
  judge(group, Verdict::kLive, "");
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
  if (deployment.wish && group.serving && group.serving->number == group.withdrawn) {
    group.refusal = why;  // the replacement failed too; what is in quarantine must not serve
    group.refused_at = std::chrono::system_clock::now();
    serve_nothing(group);
  }
  const auto fallback = deployment.wish ? nullptr : fallback_of(group, deployment.release);
  const bool falls_back = !group.serving && fallback != nullptr;
  if (deployment.wish && !group.serving) {
    spdlog::error("{}: the files that served before cannot be loaded: {}; the group is not served",
                  group.name, why);
  } else {
    spdlog::error("{}: {} refused: {}; {}", group.name,
                  deployment.wish ? text_of(deployment.origin) : "drop", why,
                  group.serving ? "still serving " + group.serving->label()
                  : falls_back  ? "serving the files that served before"
                                : "the group is not served");
  }
  if (!deployment.wish) {
    group.refusal = why;
    group.refused_at = std::chrono::system_clock::now();
    if (parts_.on_refusal) parts_.on_refusal(group.name);
  }
  const unsigned long release = falls_back ? fallback->number : 0;
  judge(group, Verdict::kRefused, why);
  if (falls_back) wish(group, {.origin = {Origin::Kind::kLastGood, {}}, .release = release});
}

/// What came in the way says nothing against the files.
void Deployer::try_later(Group& group, const std::string& why) {
  if (!why.empty()) {
    if (std::exchange(group.hindrance, why) != why) {
      spdlog::warn("{}: cannot be loaded now: {}", group.name, why);
    }
  }
  auto deployment = std::exchange(group.deployment, std::nullopt);
  if (!deployment->draft.empty()) History::drop_draft(deployment->draft);
  if (deployment->staged) {
    fleet_.send_to_all(message_about(*deployment, message::kDiscard));
  }
  if (!deployment->staged) group.spare_number = deployment->number;
  if (deployment->wish && !group.wish) group.wish = std::move(deployment->wish);
  group.not_before = Clock::now() + (why.empty() ? kNextLook : kNextTry);
  if (why.empty()) apps_.doubt();
  group.life.on(Life::Event::kUnstable);
}

/// The end of each deployment.
void Deployer::judge(Group& group, Verdict verdict, const std::string& reason) {
  auto deployment = std::move(*std::exchange(group.deployment, std::nullopt));
  group.judged = std::move(deployment.taken);
  group.at_start = false;
  group.was_judged = true;
  group.hindrance.clear();
  group.last = Judgement{.verdict = verdict,
                         .origin = deployment.origin,
                         .generation = group.serving ? group.serving->number : 0,
                         .release = deployment.release,
                         .reason = reason,
                         .files = std::move(deployment.files),
                         .at = std::chrono::system_clock::now(),
                         .took = Clock::now() - deployment.began};
  group.last->made = verdict == Verdict::kLive && group.serving ? deployment.number : 0;
  remember(group);
  group.life.on(Life::Event::kJudged);
  auto& page = *parts_.feed.page;
  const bool stale = group.present != group.judged || group.wish;
  if (group.life.state() == State::kSettling && !stale) group.life.on(Life::Event::kReverted);
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
  questions_.judged(group, !stale);
  records_.end_work(group.name);
  if (deployment.release != 0 && verdict != Verdict::kNone) {
    const unsigned long made = verdict == Verdict::kLive ? deployment.number : 0;
    records_.history().record(group.name, deployment.release,
                              {group.last->at, deployment.origin, made, verdict, reason});
    if (made != 0) records_.history().ban(group.name, deployment.release, Ban::kNone);
  }
  untidy_ = true;
}

void Deployer::remember(Group& group) {
  constexpr std::size_t kMost = 10;
  group.judgements.push_front(*group.last);
  group.judgements.front().files.clear();
  if (group.judgements.size() > kMost) group.judgements.pop_back();
}

bool Deployer::has_room(Group& group) {
  constexpr std::size_t kMostMapped = 3;  // one serves, one is used up, more are held for good
  const auto mapped = fleet_.most_mapped(group.name);
  if (mapped.size() < kMostMapped || (group.present.empty() && !group.wish)) {
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

void Deployer::tidy() {
  if (!untidy_ || Clock::now() < tidied_ + kPause) return;
  untidy_ = false;
  tidied_ = Clock::now();
  std::set<std::string> needed;
  for (const auto& [name, group] : groups_) {
    if (group.serving) needed.insert(group.serving->stage.filename());
    if (group.deployment) needed.insert(group.deployment->stage.filename());
  }
  records_.tidy_stages(needed);
  records_.tidy_history();
}

}  // namespace shoal::releases
