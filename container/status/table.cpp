#include "status/table.hpp"

#include <algorithm>
#include <array>

#include "status/columns.hpp"
#include "status/deployments.hpp"
#include "status/enum_names.hpp"
#include "status/health.hpp"
#include "status/words.hpp"

namespace shoal::status {
namespace {

using Align = Columns::Align;

constexpr std::size_t kMostRows = 10;

std::string painted(const std::string& text, Level level, bool colours) {
  if (!colours) return text;
  constexpr std::array<const char*, 4> kPaint{"\x1b[32m", "\x1b[36m", "\x1b[33m", "\x1b[31m"};
  return kPaint[static_cast<std::size_t>(level)] + text + "\x1b[0m";
}

std::string head(const Overview& overview) {
  std::string text = "shoal " + shown(overview.version) + ", " +
                     std::string(name_of(overview.state)) + ", started " +
                     ago(overview.started, overview.at) + ", pid " + std::to_string(overview.pid) +
                     "\n" + shown(overview.config);
  for (const std::string& name : overview.listen) text += "; listens on " + shown(name);
  return text + "\n" + count_of(overview.requests, "request") + ", " +
         count_of(overview.errors, "error") + ", " + count_of(overview.crashed, "crash") + ", " +
         count_of(overview.reloads.count, "configuration reload") + ", " +
         count_of(overview.generations, "generation") + "\n";
}

std::string text_of(const Finding& finding, Time now, bool colours) {
  constexpr std::array<const char*, 4> kMarks{"ok  ", "-   ", "!   ", "!!  "};
  const Level level = finding.past ? Level::kNote : finding.level;
  std::string text =
      painted(kMarks[static_cast<std::size_t>(level)] + shown(finding.title), level, colours);
  if (finding.since > 0) text += " (" + ago(finding.since, now) + ", " + utc(finding.since) + ")";
  text += "\n";
  for (const std::string& line : shown_lines(finding.detail)) text += "    " + line + "\n";
  return text;
}

std::string findings(const Overview& overview, bool colours) {
  const Health health = health_of(overview);
  std::string now, past;
  if (health.level == Level::kGood) {
    now += painted("ok  " + health.headline, health.level, colours) + "\n";
  }
  for (const Finding& finding : health.findings) {
    (finding.past ? past : now) += text_of(finding, overview.at, colours);
  }
  return "\n" + now + (past.empty() ? "" : "\nearlier problems:\n" + past);
}

std::string groups(const Overview& overview) {
  Columns columns({{"GROUP", Align::kLeft, 18},
                   {"GENERATION", Align::kLeft, 24},
                   {"LOADED"},
                   {"REQUESTS", Align::kRight},
                   {"ERRORS", Align::kRight},
                   {"P50", Align::kRight},
                   {"P99", Align::kRight},
                   {""},
                   {"MADE", Align::kRight}});
  for (const Group& group : overview.groups) {
    const bool answered = group.latency.count() > 0;
    columns.add({shown(group.name), group.generation.empty() ? "-" : shown(group.generation),
                 ago(group.loaded, overview.at), count(group.requests), count(group.errors),
                 answered ? duration(group.latency.quantile(0.5)) : "-",
                 answered ? duration(group.latency.quantile(0.99)) : "-", condition_of(group).words,
                 count(group.generations)});
  }
  return "\n" + columns.text();
}

std::string deployments(const Overview& overview) {
  std::string text;
  if (overview.deployer) {
    const Deployer& deployer = *overview.deployer;
    text = "\ndeployer: process " + std::to_string(deployer.pid) + ", started " +
           ago(deployer.started, overview.at);
    if (!deployer.watching.empty()) text += ", watches " + shown(deployer.watching);
    if (!deployer.answers) text += "; last answer: " + ago(deployer.heard, overview.at);
    text += "\n";
  }
  const auto last = last_deployments(overview, kMostRows);
  if (last.empty()) return text;
  Columns columns({{"DEPLOYED"},
                   {"GROUP", Align::kLeft, 16},
                   {"VERDICT"},
                   {"RELEASE", Align::kRight},
                   {"GENERATION", Align::kLeft, 18},
                   {"BY", Align::kLeft, 24},
                   {"TOOK", Align::kRight}});
  for (const auto& [group, outcome, deployment] : last) {
    columns.add({ago(deployment.at, overview.at), shown(group), outcome.words,
                 deployment.release == 0 ? "-" : std::to_string(deployment.release),
                 deployment.generation.empty() ? "-" : shown(deployment.generation),
                 deployment.by.empty() ? "-" : shown(deployment.by),
                 deployment.took > 0 ? span(deployment.took) : "-"});
  }
  return text + (text.empty() ? "\n" : "") + columns.text();
}

std::string processes(const Overview& overview) {
  Columns columns({{"PROCESS"},
                   {"STATE"},
                   {"STARTED"},
                   {"REQUESTS", Align::kRight},
                   {"ERRORS", Align::kRight},
                   {"CONNECTIONS", Align::kRight},
                   {"WAITING", Align::kRight},
                   {"MEMORY", Align::kRight},
                   {"BUSY", Align::kRight}});
  for (const Worker& worker : overview.workers) {
    columns.add(
        {std::to_string(worker.pid), std::string(name_of(worker.state)),
         ago(worker.started, overview.at), count(worker.requests), count(worker.errors),
         count(worker.connections), count(worker.waiting), size(worker.resident),
         std::to_string(busy_threads(worker)) + " of " + std::to_string(worker.most_threads)});
  }
  return "\n" + columns.text();
}

std::string threads(const Overview& overview) {
  std::vector<std::pair<const Worker*, const Thread*>> busy;
  for (const Worker& worker : overview.workers) {
    for (const Thread& thread : worker.threads) {
      if (thread.state != Thread::State::kIdle) busy.emplace_back(&worker, &thread);
    }
  }
  if (busy.empty()) return "";
  std::stable_sort(busy.begin(), busy.end(), [](const auto& one, const auto& other) {
    return one.second->since < other.second->since;
  });
  Columns columns({{"THREAD"},
                   {"DOES"},
                   {"FOR", Align::kRight},
                   {"REQUEST", Align::kLeft, 40},
                   {"MODULE", Align::kLeft, 26}});
  for (const auto& [worker, thread] : busy) {
    columns.add({std::to_string(worker->pid) + "/" + std::to_string(thread->number),
                 std::string(name_of(thread->state)), span(overview.at - thread->since),
                 shown(thread->request), shown(thread->module)});
  }
  return "\n" + columns.text();
}

std::string crashes(const Overview& overview) {
  if (overview.crashes.empty()) return "";
  Columns columns({{"CRASHED"},
                   {"PROCESS"},
                   {"SIGNAL", Align::kLeft, 10},
                   {"GENERATION", Align::kLeft, 20},
                   {"REQUEST", Align::kLeft, 40},
                   {"TIMES", Align::kRight}});
  for (const Crash& crash : overview.crashes) {
    columns.add({utc(crash.at), std::to_string(crash.pid), shown(crash.signal),
                 shown(crash.generation), shown(crash.request), count(crash.count)});
  }
  std::string text = "\n" + columns.text();
  for (const Crash& crash : overview.crashes) {
    if (crash.stack.empty()) continue;
    text += "\n" + shown(crash.signal) + ", " + count_of(crash.count, "time");
    if (crash.count > 1) text += ", first " + utc(crash.first);
    text += ":\n";
    for (const std::string& frame : crash.stack) text += "    " + shown(frame) + "\n";
  }
  return text;
}

}  // namespace

std::string table(const Overview& overview, bool colours) {
  std::string text = head(overview) + findings(overview, colours);
  if (!overview.groups.empty()) text += groups(overview);
  text += deployments(overview);
  if (!overview.workers.empty()) text += processes(overview);
  return text + threads(overview) + crashes(overview);
}

}  // namespace shoal::status
