#include "daemon/worker.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/own_thread.hpp"
#include "base/signal_stack.hpp"
#include "crash/report.hpp"
#include "daemon/log.hpp"
#include "daemon/served.hpp"

namespace shoal::daemon {

int work(const settings::Settings& settings, std::vector<fastcgi::Listener> listeners,
         std::shared_ptr<const fastcgi::Handover> handover, Link supervisor, bool speaks) {
  const base::OwnThread own_thread;
  const base::SignalStack signal_stack;
  try {
    // A new configuration may have another, of which the supervisor waits to hear.
    open_log(settings.log);
    crash::install(settings.run / "crashes", settings.run / "stages");
    Served served(settings, std::move(listeners), std::move(handover), speaks);
    served.tell_unserved(supervisor);  // first: who is ready has told it
    supervisor.send({{"say", words::kReady}});
    served.follow(supervisor);
    served.finish(supervisor);
    return 0;
  } catch (const std::exception& error) {
    supervisor.send({{"say", words::kFailed}, {"why", error.what()}});
    return 1;
  }
}

}  // namespace shoal::daemon
