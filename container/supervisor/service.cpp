#include "supervisor/service.hpp"

#include <unistd.h>

#include <algorithm>
#include <string>

namespace shoal::supervisor {

bool Service::is_complete(const Configuration& configuration) const {
  return workers.serving(configuration) >= configuration.settings->workers.processes;
}

bool Service::lacks_workers(const Configuration& configuration) const {
  return workers.started(configuration) < configuration.settings->workers.processes;
}

Readiness readiness_of(const Service& service) {
  using State = WorkerProcess::State;
  if (service.stopping) return {false, "stopping"};
  const bool any_serves = std::ranges::any_of(service.workers.all(), [](const auto& worker) {
    return worker.state == State::kServing || worker.state == State::kReplacing;
  });
  if (!any_serves) return {false, service.ready ? "no worker process serves" : "starting"};
  const auto& current = service.configurations.current();
  const auto& unserved = service.deployers.unserved(current.settings.get());
  if (unserved.empty()) return {true, "ready"};
  std::string line = "groups that serve nothing:";
  for (const auto& group : unserved) line += " " + group;
  return {false, line};
}

namespace {

status::Time time_of(std::chrono::steady_clock::time_point when) {
  const auto age = std::chrono::steady_clock::now() - when;
  return status::now() - std::chrono::duration<double>(age).count();
}

/// Returns what the supervisor knows of the deployer without asking it. `pid` is 0 if there is none
/// now. `since` is 0 if it works and is not silent.
status::Deployer deployer_of(const Service& service) {
  using State = status::Deployer::State;
  const auto* const process = service.deployers.of(service.configurations.current().settings.get());
  status::Deployer deployer;
  deployer.state = State::kEnded;
  if (process != nullptr) {
    deployer.pid = process->id;
    deployer.started = time_of(process->started);
    deployer.state = process->up ? State::kWorking : State::kStarting;
  }
  if (deployer.state != State::kWorking) {
    if (const auto since = service.deployers.absent_since()) deployer.since = time_of(*since);
  } else if (process->pulse.is_silent()) {
    deployer.since = time_of(*process->pulse.since());
  }
  return deployer;
}

}  // namespace

status::Overview overview_of(const Service& service) {
  using State = status::Overview::State;
  const Configuration& current = service.configurations.current();
  status::Overview overview;
  overview.at = status::now();
  overview.version = SHOAL_VERSION;
  overview.pid = ::getpid();
  overview.started = service.started;
  overview.config = current.settings->file.native();
  overview.state = service.stopping                           ? State::kStopping
                   : service.configurations.next() != nullptr ? State::kReloading
                                                              : State::kRunning;
  for (const auto& [key, listener] : current.listeners) overview.listen.push_back(listener->name());
  overview.processes_wanted = current.settings->workers.processes;
  overview.reloads = service.configurations.reloads();
  overview.crashed = service.crashes.number();
  overview.crashed_recently = service.crashes.recent();
  overview.crashes = service.crashes.latest();
  overview.deployer = deployer_of(service);
  return overview;
}

}  // namespace shoal::supervisor
