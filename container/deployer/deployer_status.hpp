#pragma once

#include "releases/deployer/deployer.hpp"
#include "status/overview.hpp"

namespace shoal::deployer {

/// Returns the status of this deployer process, for the supervisor to merge. `started` is when it
/// started.
status::DeployerStatus deployer_status(status::Time started, const releases::Deployer& deployer);

}  // namespace shoal::deployer
