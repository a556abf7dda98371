#pragma once

#include <optional>
#include <vector>

#include "fastcgi/limits.hpp"
#include "generations/sweep.hpp"
#include "serving/access_log.hpp"
#include "serving/router.hpp"
#include "settings/settings.hpp"
#include "state/options.hpp"

// Translates the settings into what each component takes. The components do not know settings/.
// What the deployer needs, too, is in deployer/from_settings.hpp.
namespace shoal::worker {

fastcgi::Limits limits_of(const settings::Limits& limits);
generations::SweepRules rules_of(const settings::Sweep& sweep);
state::Options options_of(const settings::State& state);
std::vector<serving::Route> routes_of(const settings::Settings& settings);

/// Returns the access log that open_log has opened; nullopt when the settings have none.
std::optional<serving::AccessLog> access_log_of(const settings::Log& log);

}  // namespace shoal::worker
