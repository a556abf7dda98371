#pragma once

#include <string>
#include <vector>

#include "settings/settings.hpp"

namespace shoal::daemon {

/// `shoal check`: prints what `serve` would listen on, route, and put into groups. Opens no socket.
/// Returns 1, with an error line each, when a route, a group or a module's settings name nothing
/// that is there, or when a file cannot be loaded.
///
/// Loads no module unless `probe` is true: then each group whose files are good is loaded, with its
/// settings, in a process that is thrown away, and what its constructors refuse is an error, too.
int check(const settings::Settings& settings, bool probe);

/// One line for each name in the configuration that no module in the apps folder bears: of a route,
/// of a group's type, of a module's settings.
std::vector<std::string> names_of_nothing(const settings::Settings& settings,
                                          const std::vector<std::string>& modules);

}  // namespace shoal::daemon
