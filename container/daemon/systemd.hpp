#pragma once

#include <chrono>
#include <optional>
#include <string>

// What systemd and we tell each other; see sd_notify(3). Without systemd all of it does nothing.
// The sockets that it hands in are in daemon/inherited_sockets.hpp.
namespace shoal::daemon {

/// Whether it started us and wants to hear how we are.
bool under_systemd();

/// Lines for the service manager: `READY=1`, `STATUS=...`.
void tell_systemd(const std::string& lines);

/// How often systemd wants to hear `WATCHDOG=1` at least; none when it does not.
std::optional<std::chrono::microseconds> watchdog_of_systemd();

}  // namespace shoal::daemon
