#pragma once

#include <optional>
#include <vector>

#include "daemon/inherited_sockets.hpp"
#include "fastcgi/listener.hpp"
#include "fastcgi/poller.hpp"
#include "modules/grouping.hpp"
#include "modules/registry.hpp"
#include "serving/access_log.hpp"
#include "serving/router.hpp"
#include "settings/settings.hpp"
#include "state/options.hpp"

// What the rooms below are handed of the settings. They do not know settings/, nor one another.
namespace shoal::daemon {

/// More than one where systemd hands us several. Throws std::runtime_error when it hands us none,
/// or a descriptor was not inherited.
std::vector<fastcgi::Address> addresses_of(const settings::Listen& listen,
                                           const InheritedSockets& inherited);
fastcgi::Limits limits_of(const settings::Limits& limits);
modules::Grouping grouping_of(const settings::Groups& groups);
modules::SweepRules rules_of(const settings::Sweep& sweep);
state::Options options_of(const settings::State& state);
std::vector<serving::Route> routes_of(const settings::Settings& settings);

/// The access log that open_log has opened; none when the settings have none.
std::optional<serving::AccessLog> access_log_of(const settings::Log& log);

}  // namespace shoal::daemon
