#include "supervisor/inherited_sockets.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace shoal::supervisor {
namespace {

constexpr int kHighest = 1023;  // the highest that the key `listen` accepts

bool listens(int descriptor) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value == 1;
}

}  // namespace

// LISTEN_FDS and its like are removed from the environment: programs that modules start must not
// take these sockets for their own.
InheritedSockets::InheritedSockets()
    : of_systemd_(std::max(0, ::sd_listen_fds(/*unset_environment=*/1))) {
  const int end = SD_LISTEN_FDS_START + of_systemd_;
  for (int number = 0; number <= std::max(kHighest, end - 1); ++number) {
    const bool is_of_systemd = number >= SD_LISTEN_FDS_START && number < end;
    if (!is_of_systemd && !listens(number)) continue;
    ::fcntl(number, F_SETFD, FD_CLOEXEC);
    sockets_.emplace_back(number);
  }
}

InheritedSockets::~InheritedSockets() { close(); }

std::vector<int> InheritedSockets::of_systemd() const {
  if (of_systemd_ == 0) {
    throw std::runtime_error(
        "systemd: has passed no socket; run `systemctl enable --now shoal.socket` and restart the "
        "service, or listen on unix:PATH or HOST:PORT");
  }
  std::vector<int> descriptors(static_cast<std::size_t>(of_systemd_));
  std::iota(descriptors.begin(), descriptors.end(), SD_LISTEN_FDS_START);
  return descriptors;
}

bool InheritedSockets::contains(int descriptor) const {
  return std::ranges::find(sockets_, descriptor, &base::Descriptor::get) != sockets_.end();
}

void InheritedSockets::close() {
  for (auto& socket : sockets_) {
    if (socket.get() > STDERR_FILENO) continue;
    // Not left closed: the next file that is opened would become standard input.
    const base::Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (nothing) ::dup2(nothing.get(), socket.release());
  }
  sockets_.clear();
}

}  // namespace shoal::supervisor
