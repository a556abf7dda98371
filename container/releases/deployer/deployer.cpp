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
    try {
      history.heal(*known, deployment.draft);
    } catch (const std::runtime_error& error) {
      spdlog::warn("{}; the copies that are kept of {}/{} stay as they are", error.what(),
                   group.name, known->number);
    }
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
  const bool was_to_serve_instead = deployment.origin.kind == Origin::Kind::kLastGood;
  if (was_to_serve_instead) group.unfit.insert(deployment.wish->release);
  const bool is_withdrawn = group.serving && group.serving->number == group.withdrawn;
  const bool lacks_good = !group.serving || (was_to_serve_instead && is_withdrawn);
  const Release* const next = lacks_good ? fallback_of(group, deployment.release) : nullptr;
  const std::optional<Wish> instead =
      next == nullptr ? std::nullopt
                      : std::optional(Wish{
                            .origin = {Origin::Kind::kLastGood, {}},
                            .release = next->number,
                            .note = was_to_serve_instead ? deployment.wish->note : "",
                            .instead_of = was_to_serve_instead ? deployment.wish->instead_of : 0});
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

/// The end of each deployment. First all is recorded, then the page and those who wait learn of it:
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

void Deployer::tidy() {
  if (!untidy_ || Clock::now() < tidied_ + kPause) return;
  untidy_ = false;
  tidied_ = Clock::now();
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
  records_.tidy_stages(std::move(needed));
  records_.tidy_history(std::move(releases));
}

}  // namespace shoal::releases
