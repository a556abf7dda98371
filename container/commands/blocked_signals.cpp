#include "commands/blocked_signals.hpp"

#include <array>
#include <ctime>

namespace shoal::commands {
namespace {

constexpr std::array kEnding{SIGTERM, SIGINT, SIGQUIT, SIGHUP};

}  // namespace

BlockedSignals::BlockedSignals() {
  sigemptyset(&set_);
  for (const int signal : kEnding) {
    struct sigaction action {};
    // A signal that is ignored, as under nohup, would become pending, too.
    if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_IGN) {
      sigaddset(&set_, signal);
    }
  }
  pthread_sigmask(SIG_BLOCK, &set_, &before_);
  // A file over the size limit is then an error, like a full disk.
  ::signal(SIGXFSZ, SIG_IGN);
}

BlockedSignals::~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool BlockedSignals::pending() const {
  sigset_t pending;
  if (sigpending(&pending) != 0) return false;
  for (const int signal : kEnding) {
    if (sigismember(&set_, signal) == 1 && sigismember(&pending, signal) == 1) return true;
  }
  return false;
}

void BlockedSignals::take() {
  const timespec now{};
  while (::sigtimedwait(&set_, nullptr, &now) > 0) {
  }
}

}  // namespace shoal::commands
