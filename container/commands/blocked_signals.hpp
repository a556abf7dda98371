#pragma once

#include <signal.h>

namespace shoal::commands {

/// Blocks the signals that end a process, as long as it lives. A signal that has arrived and was
/// not taken ends the process then. REQUIRES: the process has one thread.
class BlockedSignals {
 public:
  BlockedSignals();
  ~BlockedSignals();
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

  /// Returns true if one has arrived.
  bool pending() const;

  /// Takes those that have arrived: they will not end the process.
  void take();

 private:
  sigset_t set_{};
  sigset_t before_{};
};

}  // namespace shoal::commands
