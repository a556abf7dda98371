#include "releases/probing/probe.hpp"

#include <algorithm>
#include <utility>

#include "releases/linking/load_error.hpp"
#include "releases/probing/probe_report.hpp"

namespace shoal::releases {
namespace {

bool is_good(const ProbeEnd& end) { return end.report.complete && end.report.error.empty(); }

/// Returns true if it ended while it opened the new generation beside the current one.
bool was_opening(const ProbeEnd& end) {
  const auto step = end.report.step;
  return end.report.current_opened && (step == Step::kOpening || step == Step::kMaking);
}

}  // namespace

Probe::Probe(std::vector<std::string> command, std::string remedy, ProbeRules rules)
    : process_(std::move(command)), remedy_(std::move(remedy)), rules_(std::move(rules)) {}

Behaviour Probe::run(const Trial& trial) {
  ProbeEnd end = run_process(trial, rules_);
  if (is_good(end)) return std::move(end.report.behaviour);
  const ProbeFailure failure = failure_of(end, trial, rules_.limit);
  if (!trial.current) refuse(failure);
  // Is it at fault by itself? Then this throws the reason.
  Behaviour alone = run_alone({.staged = trial.staged, .configs = trial.configs}, end, failure);
  if (!end.report.current_opened) return alone;
  throw LoadError("a second generation cannot live in the same process: " + failure.text +
                      "; restart the service to load it without its predecessor",
                  failure.module);
}

/// Tries alone what has failed beside its predecessor.
Behaviour Probe::run_alone(const Trial& trial, const ProbeEnd& beside,
                           const ProbeFailure& failure) {
  ProbeRules rules = rules_;
  const bool in_a_hurry = was_opening(beside) && beside.ran_out_of_time();
  if (in_a_hurry) rules.limit = std::min(rules.limit, rules.limit_again);
  ProbeEnd end = run_process(trial, rules);
  if (is_good(end)) return std::move(end.report.behaviour);
  refuse(in_a_hurry && end.ran_out_of_time() ? failure : failure_of(end, trial, rules.limit));
}

void Probe::refuse(const ProbeFailure& failure) const {
  throw LoadError(failure.crashed ? failure.text + "; " + remedy_ : failure.text, failure.module);
}

/// Makes the trial in one process. One that is killed from outside says nothing about the modules,
/// so another one takes its place.
ProbeEnd Probe::run_process(const Trial& trial, const ProbeRules& rules) {
  const std::string request = text_of(trial);
  constexpr int kMostTimes = 3;
  for (int times = 0; times < kMostTimes; ++times) {
    const auto remains = process_.run(request, rules);
    if (!remains) continue;
    if (remains->cancelled) throw Unavailable("the probe was stopped with the container");
    ProbeEnd end{.report = report_in(remains->report), .remains = *remains};
    if (!end.killed_from_outside()) return end;
  }
  throw Unavailable("the probe was killed three times; will retry");
}

}  // namespace shoal::releases
