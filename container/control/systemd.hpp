#pragma once

#include <chrono>
#include <optional>
#include <string>

// Messages to systemd; see sd_notify(3). Without systemd these functions do nothing. The sockets
// that systemd passes are in supervisor/inherited_sockets.hpp.
namespace shoal::control {

/// Returns true if systemd started this process and expects messages.
bool under_systemd();

/// Sends lines such as `READY=1` and `STATUS=...`.
void notify_systemd(const std::string& lines);

/// Returns the longest interval between two `WATCHDOG=1` messages (WatchdogSec=); nullopt if
/// systemd expects no such messages.
std::optional<std::chrono::microseconds> watchdog_of_systemd();

}  // namespace shoal::control
