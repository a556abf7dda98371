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
    start.feed.page->protect();
    Worker worker(std::move(start), supervisor);
    supervisor.send({{"say", message::kReady}});
    worker.follow();
    worker.finish();
    return 0;
  } catch (const NotNeeded&) {
    return 0;
  } catch (const std::exception& error) {
    supervisor.send({{"say", message::kFailed}, {"why", error.what()}});
    return 1;
  }
}

}  // namespace shoal::worker
