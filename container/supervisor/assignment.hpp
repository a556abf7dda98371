#pragma once

#include <string>

#include "control/channel.hpp"
#include "status/counters.hpp"
#include "supervisor/configuration.hpp"

namespace shoal::supervisor {

/// What a process that the supervisor has forked has to do.
struct Assignment {
  enum class Kind { kWorker, kDeployer };

  Kind kind;
  Configuration configuration;
  control::Channel supervisor;
  std::string service{};           ///< of a deployer: names this run of the service
  status::CounterSlot counters{};  ///< where it counts; a deployer has no slot of its own
};

}  // namespace shoal::supervisor
