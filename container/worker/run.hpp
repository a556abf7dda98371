#pragma once

#include <memory>
#include <vector>

#include "control/channel.hpp"
#include "fastcgi/handover.hpp"
#include "fastcgi/listener.hpp"
#include "releases/freshness/feed.hpp"
#include "settings/settings.hpp"
#include "status/counters.hpp"

namespace shoal::worker {

/// What a worker process is started with.
struct Start {
  const settings::Settings& settings;  ///< outlives the worker
  std::vector<fastcgi::Listener> listeners;
  std::shared_ptr<const fastcgi::Handover> handover;  ///< where it leaves and takes connections
  releases::Feed feed;
  status::CounterSlot counters;
};

/// Runs a worker process, from its fork to its exit code: opens generations, serves requests from
/// the listeners, takes over connections that draining workers leave, and does what the supervisor
/// says, until that is to drain, or the supervisor is gone.
///
/// REQUIRES: the process has one thread, and the signals of supervisor::Signals are blocked.
int run(Start start, control::Channel supervisor);

}  // namespace shoal::worker
