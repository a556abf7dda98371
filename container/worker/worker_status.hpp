#pragma once

#include "fastcgi/server.hpp"
#include "generations/generations.hpp"
#include "serving/scoreboard.hpp"
#include "serving/traffic.hpp"
#include "status/overview.hpp"

namespace shoal::worker {

/// Returns the status of this worker process, for the supervisor to merge. `started` is when it
/// started. Safe to call from any thread.
status::WorkerStatus worker_status(status::Time started, status::Worker::State state,
                                   const generations::Generations& generations,
                                   const fastcgi::Server& server,
                                   const serving::Scoreboard& scoreboard,
                                   const serving::Traffic& traffic);

}  // namespace shoal::worker
