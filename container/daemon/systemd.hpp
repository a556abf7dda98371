#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

// What systemd and we tell each other; see sd_notify(3) and sd_listen_fds(3). Without systemd all
// of it does nothing.
namespace shoal::daemon {

/// The descriptors of the sockets that systemd opened for us: `listen: systemd`. Throws
/// std::runtime_error, with the remedy, when there is none.
std::vector<int> sockets_from_systemd();

/// Whether it started us and wants to hear how we are.
bool under_systemd();

/// Lines for the service manager: `READY=1`, `STATUS=...`.
void tell_systemd(const std::string& lines);

/// How often systemd wants to hear `WATCHDOG=1` at least; none when it does not.
std::optional<std::chrono::microseconds> watchdog_of_systemd();

}  // namespace shoal::daemon
