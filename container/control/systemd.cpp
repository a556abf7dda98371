#include "control/systemd.hpp"

#include <systemd/sd-daemon.h>

#include <cstdlib>

namespace shoal::control {

bool under_systemd() { return std::getenv("NOTIFY_SOCKET") != nullptr; }

void notify_systemd(const std::string& lines) {
  ::sd_notify(/*unset_environment=*/0, lines.c_str());
}

std::optional<std::chrono::microseconds> watchdog_of_systemd() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(/*unset_environment=*/0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::microseconds(microseconds);
}

}  // namespace shoal::control
