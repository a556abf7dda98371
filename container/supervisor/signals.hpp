#pragma once

#include <csignal>

#include "base/descriptor.hpp"

namespace shoal::supervisor {

/// The signals that control the supervisor: SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1 and SIGCHLD.
/// Its main thread reads them from a descriptor.
class Signals {
 public:
  /// Blocks these signals for this thread and for the threads and processes that it starts. Ignores
  /// SIGPIPE and SIGXFSZ for them, too: a closed connection, or a file over LimitFSIZE=, makes
  /// write() fail and does not end the process. Throws std::system_error. REQUIRES: no other thread
  /// runs yet.
  Signals();

  /// Becomes readable when a signal has arrived.
  int descriptor() const { return descriptor_.get(); }

  /// Returns the next signal; 0 when none has arrived. Does not wait.
  int take() const;

 private:
  base::Descriptor descriptor_;
};

}  // namespace shoal::supervisor
