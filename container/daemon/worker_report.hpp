#pragma once

#include "fastcgi/poller.hpp"
#include "modules/registry.hpp"
#include "serving/scoreboard.hpp"
#include "serving/traffic.hpp"
#include "status/report.hpp"

namespace shoal::daemon {

/// What this process does at this moment, for the supervisor to merge. `started` is when it began.
status::WorkerReport worker_report(status::Time started, status::Worker::State state,
                                   const modules::Registry& registry, const fastcgi::Poller& poller,
                                   const serving::Scoreboard& scoreboard,
                                   const serving::Traffic& traffic);

}  // namespace shoal::daemon
