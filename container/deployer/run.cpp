#include "deployer/run.hpp"

#include <sys/prctl.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/own_thread.hpp"
#include "base/signal_stack.hpp"
#include "control/logging.hpp"
#include "deployer/post.hpp"
#include "releases/deployer/supervisor_messages.hpp"

namespace shoal::deployer {

int run(Start start, control::Channel supervisor) {
  ::prctl(PR_SET_NAME, "shoal-deployer");  // so that ps and pgrep tell it from the workers
  const base::OwnThread own_thread;
  const base::SignalStack signal_stack;
  try {
    // A new configuration may name other logs. The supervisor must learn it if they cannot be
    // opened.
    control::open_log(start.settings.log);
    Post(std::move(start), supervisor).follow();
    return 0;
  } catch (const std::exception& error) {
    supervisor.send({{"say", releases::supervisor_message::kCannotStart}, {"why", error.what()}});
    return 1;
  }
}

}  // namespace shoal::deployer
