#include "daemon/serve.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <optional>
#include <utility>
#include <vector>

#include "control/logging.hpp"
#include "deployer/run.hpp"
#include "supervisor/supervisor.hpp"
#include "worker/run.hpp"

namespace shoal::daemon {
namespace {

void warn_of_root() {
  if (::geteuid() != 0) return;
  spdlog::warn(
      "serving as root: a module can do anything on this machine; set User=shoal in the systemd "
      "unit, as shoal.service and shoal@.service do, or start it with `setpriv --reuid=shoal "
      "--regid=shoal --init-groups shoal serve`");
}

/// Runs a worker or a deployer in a forked process.
int work(supervisor::Assignment assignment) {
  auto& configuration = assignment.configuration;
  std::vector<fastcgi::Listener> listeners;
  if (assignment.kind == supervisor::Assignment::Kind::kWorker) {
    for (const auto& [key, listener] : configuration.listeners) {
      listeners.push_back(listener->share());
    }
  }
  configuration.listeners.clear();
  configuration.health.reset();
  if (assignment.kind == supervisor::Assignment::Kind::kDeployer) {
    configuration.handover.reset();
    return deployer::run({*configuration.settings, configuration.feed, assignment.service,
                          assignment.counters.counters},
                         std::move(assignment.supervisor));
  }
  return worker::run({*configuration.settings, std::move(listeners), configuration.handover,
                      configuration.feed, assignment.counters},
                     std::move(assignment.supervisor));
}

}  // namespace

int serve(const settings::Settings& settings) {
  control::open_log(settings.log);
  warn_of_root();
  std::optional<supervisor::Assignment> assignment;
  base::Descriptor hold;  // keeps the lock of the run folder while this process runs
  {
    supervisor::Supervisor supervisor(settings);
    assignment = supervisor.run();
    if (!assignment) return 0;
    hold = supervisor.hold();
  }
  // Only a forked process comes here. It has destroyed its copies of the supervisor's objects.
  return work(std::move(*assignment));
}

}  // namespace shoal::daemon
