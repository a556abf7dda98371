#pragma once

#include "settings/settings.hpp"

namespace shoal::daemon {

/// `shoal serve`: serves until TERM, INT or QUIT, then finishes the requests that run. Runs the
/// supervisor, and, in each process that it forks, a worker or a deployer. Returns the exit code.
/// Throws std::runtime_error when it cannot start.
int serve(const settings::Settings& settings);

}  // namespace shoal::daemon
