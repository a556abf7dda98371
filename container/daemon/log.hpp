#pragma once

#include "settings/settings.hpp"

namespace shoal::daemon {

/// Sends every spdlog line of the process where `log` says. Throws std::runtime_error when the file
/// cannot be opened.
void open_log(const settings::Log& log);

/// Opens the log file again, after logrotate has moved it away; when that fails, says so in the old
/// one and goes on with it. Safe to call from any thread.
void reopen_log();

}  // namespace shoal::daemon
