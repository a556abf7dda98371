#pragma once

#include <string>
#include <vector>

#include "settings/settings.hpp"

namespace shoal::deployer {

/// Returns a line for each name in the configuration (of a route, a group's type, a module's
/// settings) that matches none of these modules. A pure function.
std::vector<std::string> unmatched_names(const settings::Settings& settings,
                                         const std::vector<std::string>& modules);

}  // namespace shoal::deployer
