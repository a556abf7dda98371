#pragma once

#include <csignal>

#include "base/descriptor.hpp"

namespace shoal::daemon {

/// The signals that steer a process, taken one by one by its main thread: SIGTERM, SIGINT, SIGQUIT,
/// SIGHUP, SIGUSR1 and SIGCHLD.
class Signals {
 public:
  /// Blocks them for this thread and all that it starts or forks; for these, too, SIGPIPE and
  /// SIGXFSZ are ignored from here on, so that a peer that left and a bound on file sizes
  /// (LimitFSIZE=) are errors of write() and not the end. Throws std::system_error.
  /// REQUIRES: no other thread runs yet.
  Signals();

  /// Readable when one is there.
  int descriptor() const { return descriptor_.get(); }

  /// The next one; 0 when there is none. Does not wait.
  int take() const;

 private:
  base::Descriptor descriptor_;
};

}  // namespace shoal::daemon
