#include "releases/probing/probe.hpp"

#include <utility>

#include "releases/linking/load_error.hpp"
#include "releases/probing/probe_report.hpp"

namespace shoal::releases {

Probe::Probe(std::vector<std::string> command, std::string remedy, ProbeRules rules)
    : command_(std::move(command)), remedy_(std::move(remedy)), rules_(std::move(rules)) {}
Probe::Probe(Probe&&) noexcept = default;
Probe::~Probe() = default;

void Probe::stand_by() {
  try {
    if (!next_) next_ = std::make_unique<ProbeProcess>(command_);
  } catch (const Unavailable&) {
    // Not needed yet: run() tries again, and says what is lacking.
  }
}

Behaviour Probe::run(const Trial& trial) {
  ProbeEnd end = run_process(trial);
  if (end.report.complete && end.report.error.empty()) return std::move(end.report.behaviour);
  const ProbeFailure failure = failure_of(end, trial, rules_.limit);
  if (!trial.current) {
    throw LoadError(failure.crashed ? failure.text + "; " + remedy_ : failure.text, failure.module);
  }
  // Is it at fault by itself? Then this throws the reason.
  Behaviour alone = run({.staged = trial.staged, .configs = trial.configs});
  if (!end.report.current_opened) return alone;
  throw LoadError("a second generation cannot live in the same process: " + failure.text +
                      "; restart the service to load it without its predecessor",
                  failure.module);
}

/// Has one process make the trial. One that is killed from outside says nothing about the modules,
/// so another one takes its place.
ProbeEnd Probe::run_process(const Trial& trial) {
  const std::string request = text_of(trial);
  constexpr int kMostTimes = 3;
  for (int times = 0; times < kMostTimes; ++times) {
    std::optional<Remains> remains;
    if (const auto ready = std::move(next_)) remains = ready->run(request, rules_);
    if (!remains) remains = ProbeProcess(command_).run(request, rules_);
    if (!remains) throw Unavailable("the probe: its process ended too early; will retry");
    if (remains->cancelled) throw Unavailable("the probe was stopped with the container");
    ProbeEnd end{.report = report_in(remains->report), .remains = *remains};
    if (!end.report.lacks.empty()) {
      throw Unavailable("the probe: " + end.report.lacks + "; will retry");
    }
    if (!end.killed_from_outside()) return end;
  }
  throw Unavailable("the probe was killed three times; will retry");
}

}  // namespace shoal::releases
