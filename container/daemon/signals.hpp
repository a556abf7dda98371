#pragma once

#include <csignal>

namespace shoal::daemon {

/// The signals that steer a container, taken one by one by the main thread.
class Signals {
 public:
  /// Blocks them for this thread and all that it starts. REQUIRES: no other thread runs yet.
  Signals();

  /// Waits for the next one: SIGTERM, SIGINT, SIGQUIT, SIGHUP or SIGUSR1.
  int wait() const;

 private:
  sigset_t set_;
};

}  // namespace shoal::daemon
