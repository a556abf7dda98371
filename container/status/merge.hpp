#pragma once

#include <optional>
#include <vector>

#include "status/counters.hpp"
#include "status/overview.hpp"

namespace shoal::status {

/// Returns `overview`, which holds what the supervisor itself knows, with all else merged into it:
/// workers by age, groups by name, and what was counted.
///
/// The groups are those that the deployer names and those that a worker serves. What is decided of
/// a group comes from the deployer. What is loaded of it comes from the workers that serve:
/// starting and draining workers are asked only when no worker serves.
///
/// `deployer` is the last status that was received, with `deployer.answers` false if it is old; or
/// nullopt. Then the generation of a group is the newest that a worker serves, and groups that no
/// worker serves any more are left out.
Overview merge(Overview overview, const std::vector<WorkerStatus>& workers,
               const Counted& counted = {},
               const std::optional<DeployerStatus>& deployer = std::nullopt);

}  // namespace shoal::status
