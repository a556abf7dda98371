#pragma once

#include <chrono>

#include "base/ticker.hpp"

namespace shoal::worker {

/// The end of a worker that serves no more: it destroys its modules. A destructor may hang, and so
/// may a constructor that the opener waits for. So the process exits with code 0 after a time, and
/// says so in the log. Make one at most in a process. REQUIRES: it outlives the generations.
class Ending {
 public:
  /// The process exits after `rest`; one second after the supervisor has died if that is sooner,
  /// since the next container waits for the run folder. While a debugger is attached, the time
  /// begins again. `supervisor` is the descriptor of the channel, which outlives this.
  Ending(int supervisor, std::chrono::milliseconds rest);

 private:
  base::Ticker ticker_;
};

}  // namespace shoal::worker
