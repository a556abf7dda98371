#include "supervisor/service.hpp"

#include <unistd.h>

#include <set>
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
  std::set<std::string> unserved;
  bool any_serves = false;
  for (const auto& worker : service.workers.all()) {
    if (worker.state != State::kServing && worker.state != State::kReplacing) continue;
    any_serves = true;
    unserved.insert(worker.unserved.begin(), worker.unserved.end());
  }
  if (!any_serves) return {false, service.ready ? "no worker process serves" : "starting"};
  if (unserved.empty()) return {true, "ready"};
  std::string line = "groups that serve nothing:";
  for (const auto& group : unserved) line += " " + group;
  return {false, line};
}

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
  return overview;
}

}  // namespace shoal::supervisor
