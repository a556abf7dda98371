#include "daemon/serve.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <optional>
#include <vector>

#include "daemon/log.hpp"
#include "daemon/supervisor.hpp"
#include "daemon/worker.hpp"

namespace shoal::daemon {

namespace {

void warn_of_root() {
  if (::geteuid() != 0) return;
  spdlog::warn(
      "serving as root: a module can then do anything on this machine; in a unit of systemd set "
      "User=shoal (shoal.service and shoal@.service have it), else start it by `setpriv "
      "--reuid=shoal --regid=shoal --init-groups shoal serve`");
}

}  // namespace

int serve(const settings::Settings& settings) {
  open_log(settings.log);
  warn_of_root();
  std::optional<Duty> duty;
  base::Descriptor hold;
  {
    Supervisor supervisor(settings);
    duty = supervisor.run();
    if (!duty) return 0;
    hold = supervisor.hold();
  }
  // From here on in a worker process, which has let go of all that is the supervisor's.
  std::vector<fastcgi::Listener> listeners;
  for (const auto& [identity, listener] : duty->epoch.listeners) {
    listeners.push_back(listener->share());
  }
  duty->epoch.listeners.clear();
  duty->epoch.health.reset();
  return work(*duty->epoch.settings, std::move(listeners), duty->epoch.handover,
              std::move(duty->supervisor), duty->speaks);
}

}  // namespace shoal::daemon
