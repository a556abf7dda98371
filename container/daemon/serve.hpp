#pragma once

#include "settings/settings.hpp"

namespace shoal::daemon {

/// `shoal serve`: serves until TERM, INT or QUIT, then lets running requests finish. Returns the
/// exit code. Throws std::runtime_error when it cannot start.
int serve(const settings::Settings& settings);

}  // namespace shoal::daemon
