#pragma once

#include <spdlog/logger.h>

#include <memory>

#include "settings/settings.hpp"

namespace shoal::daemon {

/// Sends every spdlog line of the process where `log` says, and opens the access log. Throws
/// std::runtime_error, and changes nothing, when a file cannot be opened. May be called again: with
/// the same settings it does nothing. Processes forked from here on write to the same logs.
/// REQUIRES: no other thread runs.
void open_log(const settings::Log& log);

/// Opens the files of both logs again, after logrotate has moved them away; when that fails, says
/// so in the error log and goes on with the old one. Safe to call from any thread.
void reopen_log();

/// The access log that open_log has opened; null when there is none.
std::shared_ptr<spdlog::logger> access_logger();

}  // namespace shoal::daemon
