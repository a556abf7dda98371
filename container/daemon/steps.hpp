#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>

#include "base/debugged.hpp"
#include "base/ticker.hpp"
#include "modules/generation.hpp"

namespace shoal::daemon {

/// What the loader does with a module just now. One that hangs in its constructor or destructor
/// holds up the reloads of every group: after 20 s, which is what the probe gives it, that is
/// logged with the stack. A process that serves then wants to be replaced. One that does not yet is
/// ended by SIGABRT, as a crash of that generation: after some of these the group is in quarantine.
/// The 20 s begin anew when a debugger has left the process.
class Steps {
 public:
  /// Called on a thread of its own, with the reason.
  using Replace = std::function<void(const std::string& why)>;

  explicit Steps(Replace replace);

  /// The loader is about to do this. Crash reports tell of it, too. Of the loader's thread.
  void note(modules::Step step, const modules::Generation& generation, const std::string& module);

  /// From here on there are requests that must not be cut off.
  void serving() { serving_ = true; }

 private:
  using Clock = std::chrono::steady_clock;

  struct Current {
    std::string what;  ///< `lone/3: the constructor of lone`; empty: nothing
    Clock::time_point since{};
    pid_t thread = 0;
  };

  void look();

  const Replace replace_;
  std::atomic<bool> serving_{false};
  std::mutex mutex_;
  Current current_;               // guarded by mutex_
  Clock::time_point told_;        // the `since` that was told of; of the ticker alone
  base::RunsFreely runs_freely_;  // of the ticker alone
  base::Ticker ticker_;           // last: uses all of the above
};

}  // namespace shoal::daemon
