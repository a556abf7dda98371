#include "worker/run.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/own_thread.hpp"
#include "base/signal_stack.hpp"
#include "control/logging.hpp"
#include "control/messages.hpp"
#include "crash/report.hpp"
#include "worker/worker.hpp"

namespace shoal::worker {

namespace message = control::message;

int run(Start start, control::Channel supervisor) {
  const base::OwnThread own_thread;
  const base::SignalStack signal_stack;
  const settings::Settings& settings = start.settings;
  try {
    // A new configuration may name other logs. The supervisor must learn it if they cannot be
    // opened.
    control::open_log(settings.log);
    crash::install(settings.run / "crashes", settings.run / "stages");
    Worker worker(std::move(start));
    worker.send_unserved(supervisor);  // before kReady, so that no health check succeeds too early
    supervisor.send({{"say", message::kReady}});
    worker.follow(supervisor);
    worker.finish(supervisor);
    return 0;
  } catch (const std::exception& error) {
    supervisor.send({{"say", message::kFailed}, {"why", error.what()}});
    return 1;
  }
}

}  // namespace shoal::worker
