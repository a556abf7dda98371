#pragma once

#include <spdlog/logger.h>

#include <memory>

#include "settings/settings.hpp"

namespace shoal::control {

/// Sends every spdlog line of the process where `log` says, and opens the access log. Does nothing
/// when called again with the same settings. Processes that are forked afterwards write to the same
/// logs. Throws std::runtime_error, and changes nothing, when a file cannot be opened. REQUIRES: no
/// other thread runs.
void open_log(const settings::Log& log);

/// Opens the files of both logs again, after logrotate has moved them away. If that fails, logs it
/// and goes on with the old file. Safe to call from any thread.
void reopen_log();

/// Returns the access log that open_log has opened; null if there is no access log.
std::shared_ptr<spdlog::logger> access_logger();

}  // namespace shoal::control
