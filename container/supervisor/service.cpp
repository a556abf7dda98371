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
