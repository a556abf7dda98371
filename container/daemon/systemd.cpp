#include "daemon/systemd.hpp"

#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <numeric>
#include <stdexcept>

namespace shoal::daemon {

std::vector<int> sockets_from_systemd() {
  const int count = ::sd_listen_fds(/*unset_environment=*/0);
  if (count <= 0) {
    throw std::runtime_error(
        "systemd: hands us no socket; start Shoal by shoal.socket, or listen on unix:PATH or "
        "HOST:PORT");
  }
  std::vector<int> descriptors(static_cast<std::size_t>(count));
  std::iota(descriptors.begin(), descriptors.end(), SD_LISTEN_FDS_START);
  return descriptors;
}

bool under_systemd() { return std::getenv("NOTIFY_SOCKET") != nullptr; }

void tell_systemd(const std::string& lines) { ::sd_notify(/*unset_environment=*/0, lines.c_str()); }

std::optional<std::chrono::microseconds> watchdog_of_systemd() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(/*unset_environment=*/0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::microseconds(microseconds);
}

}  // namespace shoal::daemon
