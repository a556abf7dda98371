#include "status/health.hpp"

#include <algorithm>

#include "status/columns.hpp"
#include "status/words.hpp"

namespace shoal::status {
namespace {

using Findings = std::vector<Finding>;

void judge_workers(const Overview& overview, Findings& findings) {
  if (overview.state == Overview::State::kStopping) {
    findings.push_back({.level = Level::kNote,
                        .title = "the container is stopping",
                        .detail = "it finishes the running requests first"});
    return;
  }
  const std::size_t serving = workers_in(overview, Worker::State::kServing);
  if (serving >= overview.processes_wanted) return;
  const std::size_t starting = workers_in(overview, Worker::State::kStarting);
  const std::string wanted = count_of(overview.processes_wanted, "worker process");
  findings.push_back({.level = serving == 0 ? Level::kBroken : Level::kWarning,
                      .title = serving == 0 ? "no worker process serves"
                                            : "only " + count(serving) + " of " + wanted +
                                                  " serve" + (serving == 1 ? "s" : ""),
                      .detail = starting > 0
                                    ? count_of(starting, "process") + " starting"
                                    : "no replacement is starting yet; see the error log"});
}

constexpr const char* kNoDrop = "; no drop is taken up";

Finding silence_of(const Deployer& deployer) {
  const std::string pid = std::to_string(deployer.pid);
  return {.level = Level::kWarning,
          .title = std::string("the deployer does not answer") + kNoDrop,
          .detail = "visitors get what is loaded. See what process " + pid +
                    " does with \"gdb -p " + pid + "\"; if it stays silent, run \"kill -KILL " +
                    pid + "\": another one takes over",
          .since = deployer.since};
}

/// Returns the finding about a deployer that has not begun, or has ended: a note while that is no
/// longer than usual.
Finding absence_of(const Deployer& deployer, Time now) {
  const bool starts = deployer.state == Deployer::State::kStarting;
  const bool soon = now - deployer.since <= kSlowStart;
  const std::string pid = std::to_string(deployer.pid);
  Finding finding{.level = soon ? Level::kNote : Level::kWarning,
                  .title = starts ? "the deployer is starting"
                                  : "the deployer has ended, and another one is to start",
                  .detail = "visitors get what is loaded, and drops wait",
                  .since = deployer.since};
  if (soon) return finding;
  finding.title += kNoDrop;
  finding.detail +=
      starts ? "; see the error log, and what process " + pid + " does with \"gdb -p " + pid + "\""
             : "; the error log tells why it ended";
  return finding;
}

void judge_deployer(const Overview& overview, Findings& findings) {
  if (!overview.deployer || overview.state == Overview::State::kStopping) return;
  const Deployer& deployer = *overview.deployer;
  if (!deployer.unreadable.empty()) {
    findings.push_back({.level = Level::kWarning,
                        .title = std::string("the apps folder cannot be read") + kNoDrop,
                        .detail = deployer.unreadable});
  }
  if (deployer.answers) return;
  const bool works = deployer.state == Deployer::State::kWorking;
  findings.push_back(works ? silence_of(deployer) : absence_of(deployer, overview.at));
}

void judge_threads(const Overview& overview, Findings& findings) {
  std::uint64_t threads = 0;
  std::uint64_t busy = 0;
  std::uint64_t waiting = 0;  // since all threads of their process are busy
  for (const Worker& worker : overview.workers) {
    if (worker.state != Worker::State::kServing) continue;
    const std::size_t busy_here = busy_threads(worker);
    threads += worker.most_threads;
    busy += busy_here;
    if (busy_here >= worker.most_threads) waiting += worker.waiting;
  }
  if (threads == 0 || (busy < threads && waiting == 0)) return;
  const std::string remedy = "see which requests hold the threads";
  if (waiting == 0) {
    findings.push_back({.level = Level::kWarning,
                        .title = "all " + count_of(threads, "thread") + " are busy",
                        .detail = "new requests must wait; " + remedy});
    return;
  }
  findings.push_back({.level = Level::kWarning,
                      .title = count_of(waiting, "request") + (waiting == 1 ? " waits" : " wait") +
                               " for a thread",
                      .detail = "all threads of their process are busy; " + remedy +
                                ", or raise workers.threads"});
}

/// A note: a visitor whose device loses its network has an answer cut off, too.
void judge_cut_answers(const Overview& overview, Findings& findings) {
  for (const Worker& worker : overview.workers) {
    if (worker.answers_cut == 0 || overview.at - worker.last_answer_cut > kRecent) continue;
    findings.push_back(
        {.level = Level::kNote,
         .title = "process " + std::to_string(worker.pid) + " cut off " +
                  count_of(worker.answers_cut, "answer"),
         .detail = "the web server did not take them; the error log tells which. Let the web "
                   "server buffer answers, or raise limits.write_timeout",
         .since = worker.last_answer_cut,
         .past = overview.at - worker.last_answer_cut > kGoesOn});
  }
}

void judge_descriptors(const Overview& overview, Findings& findings) {
  for (const Worker& worker : overview.workers) {
    if (worker.accept_pauses == 0 || overview.at - worker.last_accept_pause > kRecent) continue;
    findings.push_back(
        {.level = Level::kWarning,
         .title = "process " + std::to_string(worker.pid) + " ran out of file descriptors",
         .detail = "new connections had to wait " + count_of(worker.accept_pauses, "time") +
                   "; raise the limit (ulimit -n, LimitNOFILE) or lower limits.idle_timeout",
         .since = worker.last_accept_pause,
         .past = overview.at - worker.last_accept_pause > kGoesOn});
  }
}

void judge_requests(const Overview& overview, Findings& findings) {
  for (const Worker& worker : overview.workers) {
    for (const Thread& thread : worker.threads) {
      if (thread.state == Thread::State::kIdle || overview.at - thread.since < kLongRequest) {
        continue;
      }
      findings.push_back(
          {.level = Level::kWarning,
           .title = (thread.request.empty() ? "a request" : cut(shown(thread.request), 100)) +
                    " has been running for " + span(overview.at - thread.since),
           .detail = "process " + std::to_string(worker.pid) + ", thread " +
                     std::to_string(thread.number) + ": " + thread.module});
    }
  }
}

/// Crashes are past. Other functions judge their present consequences: a missing process, a group
/// in quarantine.
void judge_crashes(const Overview& overview, Findings& findings) {
  if (overview.crashed_recently == 0 || overview.crashes.empty()) return;
  const Crash* last = &overview.crashes.front();
  std::string detail = "process " + std::to_string(last->pid) + ", " + last->signal;
  if (!last->request.empty()) detail += ", in " + cut(shown(last->request), 100);
  if (!last->module.empty()) detail += ", " + last->module + " of " + last->generation;
  if (!last->file.empty()) detail += "\n" + last->file;
  findings.push_back({.level = Level::kWarning,
                      .title = count_of(overview.crashed_recently, "worker process") +
                               " crashed within the last hour",
                      .detail = detail,
                      .since = last->at,
                      .past = true});
}

void judge_reloads(const Reloads& reloads, Time now, Findings& findings) {
  if (reloads.errors.empty()) {
    if (reloads.refused_at <= 0 || now - reloads.refused_at > kRecent) return;
    findings.push_back({.level = Level::kWarning,
                        .title = "a change of the configuration was refused",
                        .detail = "a later change took effect",
                        .since = reloads.refused_at,
                        .past = true});
    return;
  }
  std::string detail;
  for (const std::string& error : reloads.errors) detail += (detail.empty() ? "" : "\n") + error;
  findings.push_back({.level = Level::kWarning,
                      .title = "the last change of the configuration was refused",
                      .detail = detail,
                      .since = reloads.last});
}

Finding finding_of(const Quarantine& quarantine, const std::string& group) {
  const std::string crashes = count_of(quarantine.crashes, "worker process");
  return {.level = quarantine.serving.empty() ? Level::kBroken : Level::kWarning,
          .group = group,
          .title = quarantine.generation + " is withdrawn: it crashed " + crashes,
          .detail = (quarantine.serving.empty() ? "nothing" : quarantine.serving) +
                    " serves instead, until new files are dropped into " + group,
          .since = quarantine.since};
}

void judge_generation(const Group& group, Findings& findings) {
  const bool nothing_loaded = group.generation.empty();
  if (nothing_loaded && !group.quarantine) {
    findings.push_back({.level = Level::kBroken,
                        .group = group.name,
                        .title = group.name + " serves nothing",
                        .detail = group.refused     ? group.refused->message
                                  : group.hindrance ? group.hindrance->message
                                                    : "no generation of it has been loaded yet",
                        .since = group.refused     ? group.refused->at
                                 : group.hindrance ? group.hindrance->since
                                                   : 0});
  } else if (group.refused) {
    findings.push_back({.level = Level::kWarning,
                        .group = group.name,
                        .title = "the last drop into " + group.name + " was refused",
                        .detail = group.refused->message,
                        .since = group.refused->at});
  }
  if (group.hindrance && (!nothing_loaded || group.quarantine || group.refused)) {
    findings.push_back({.level = Level::kWarning,
                        .group = group.name,
                        .title = "a drop into " + group.name + " cannot be loaded now",
                        .detail = group.hindrance->message,
                        .since = group.hindrance->since});
  }
  if (group.quarantine) findings.push_back(finding_of(*group.quarantine, group.name));
}

std::string title_of_disagreement(const Group& group) {
  const bool all_the_same = std::all_of(
      group.disagree.begin(), group.disagree.end(),
      [&](const Serving& one) { return one.generation == group.disagree[0].generation; });
  if (all_the_same && !group.generation.empty())
    return "no process serves " + group.generation + " yet";
  return "processes serve different generations of " + group.name;
}

void judge_old_generations(const Group& group, Findings& findings) {
  if (!group.disagree.empty()) {
    const std::string decided = group.generation.empty() ? "nothing" : group.generation;
    std::string detail;
    for (const Serving& serving : group.disagree) {
      detail += (detail.empty() ? "process " : ", ") + std::to_string(serving.pid) + ": " +
                (serving.generation.empty() ? "nothing" : serving.generation);
    }
    findings.push_back(
        {.level = Level::kNote,
         .group = group.name,
         .title = title_of_disagreement(group),
         .detail = detail + "; those that differ from " + decided + " still have to follow"});
  }
  for (const Lingering& old : group.lingering) {
    findings.push_back({.level = Level::kNote,
                        .group = group.name,
                        .title = old.generation + " is retired but still mapped in " +
                                 count_of(old.processes, "process"),
                        .detail = old.holder.empty() ? "" : "held by " + old.holder});
  }
}

std::string good_headline(const Overview& overview) {
  const std::size_t groups = overview.groups.size();
  if (groups == 1) return "1 group is healthy";
  return "all " + std::to_string(groups) + " groups are healthy";
}

}  // namespace

Health health_of(const Overview& overview) {
  Health health;
  judge_workers(overview, health.findings);
  if (overview.groups.empty()) {
    health.findings.push_back({.level = Level::kWarning,
                               .title = "there is no module to serve",
                               .detail = "drop modules into the apps folder"});
  }
  for (const Group& group : overview.groups) judge_generation(group, health.findings);
  judge_deployer(overview, health.findings);
  judge_crashes(overview, health.findings);
  judge_reloads(overview.reloads, overview.at, health.findings);
  judge_threads(overview, health.findings);
  judge_cut_answers(overview, health.findings);
  judge_descriptors(overview, health.findings);
  judge_requests(overview, health.findings);
  for (const Group& group : overview.groups) judge_old_generations(group, health.findings);

  std::stable_sort(health.findings.begin(), health.findings.end(),
                   [](const Finding& one, const Finding& other) {
                     if (one.past != other.past) return other.past;
                     return one.level > other.level;
                   });
  const bool good = health.findings.empty() || health.findings[0].past ||
                    health.findings[0].level == Level::kNote;
  health.level = good ? Level::kGood : health.findings[0].level;
  health.headline = good ? good_headline(overview) : health.findings[0].title;
  return health;
}

Condition condition_of(const Group& group) {
  Findings findings;
  judge_generation(group, findings);
  judge_old_generations(group, findings);
  Level worst = Level::kGood;
  for (const Finding& finding : findings) worst = std::max(worst, finding.level);
  if (group.quarantine) return {worst, "in quarantine"};
  if (group.generation.empty()) return {worst, "nothing loaded"};
  if (group.hindrance) return {worst, "drop waits"};
  if (group.refused) return {worst, "drop refused"};
  if (!group.disagree.empty()) return {worst, "mixed generations"};
  if (!group.lingering.empty()) return {worst, "lingering"};
  return {worst, "healthy"};
}

std::size_t busy_threads(const Worker& worker) {
  return static_cast<std::size_t>(
      std::count_if(worker.threads.begin(), worker.threads.end(),
                    [](const Thread& thread) { return thread.state != Thread::State::kIdle; }));
}

std::size_t workers_in(const Overview& overview, Worker::State state) {
  return static_cast<std::size_t>(
      std::count_if(overview.workers.begin(), overview.workers.end(),
                    [&](const Worker& worker) { return worker.state == state; }));
}

}  // namespace shoal::status
