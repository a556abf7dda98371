#pragma once

#include <memory>
#include <string>

#include "control/channel.hpp"
#include "releases/freshness/feed.hpp"
#include "settings/settings.hpp"
#include "status/counters.hpp"

namespace shoal::deployer {

/// What a deployer process is started with.
struct Start {
  const settings::Settings& settings;  ///< outlives the deployer
  releases::Feed feed;
  std::string service;  ///< names this run of the service
  std::shared_ptr<status::Counters> counters;
};

/// Runs a deployer process, from its fork to its exit code: decides what serves, and does what the
/// supervisor says, until that is to end, or the supervisor is gone.
///
/// REQUIRES: the process has one thread, and the signals of supervisor::Signals are blocked.
int run(Start start, control::Channel supervisor);

}  // namespace shoal::deployer
