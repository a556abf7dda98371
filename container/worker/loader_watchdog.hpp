#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>

#include "base/debugged.hpp"
#include "base/mutex.hpp"
#include "base/ticker.hpp"
#include "generations/generation.hpp"

namespace shoal::worker {

/// Watches what the loader calls in modules. A constructor or destructor that hangs holds up the
/// reloads of every group. After 20 s, as long as the probe gives it, it is logged with the stack;
/// a destructor after 8 s. A process that serves asks to be replaced then. One that does not serve
/// yet is ended by SIGABRT, as a crash of that generation, so that a group that keeps hanging gets
/// into quarantine. The time begins again when a debugger has left the process.
class LoaderWatchdog {
 public:
  /// Called on a thread of its own, with the reason.
  using Replace = std::function<void(const std::string& why)>;

  explicit LoaderWatchdog(Replace replace);

  /// The loader is about to call this. Crash reports show it, too. Called by the loader's thread.
  void note(releases::Step step, const generations::Generation& generation,
            const std::string& module);

  /// From now on there are requests that must not be cut off. Safe to call from any thread.
  void serving() { serving_ = true; }

 private:
  using Clock = std::chrono::steady_clock;

  struct Call {
    std::string what;  ///< `lone/3: the constructor of lone`; empty: no call
    Clock::time_point since{};
    pid_t thread = 0;
    std::chrono::seconds patience{};
  };

  void check();

  const Replace replace_;
  std::atomic<bool> serving_{false};
  base::Mutex mutex_;
  Call call_ SHOAL_GUARDED_BY(mutex_);
  Clock::time_point reported_;    // the `since` of the last call that was logged; of the ticker
  base::RunsFreely runs_freely_;  // of the ticker alone
  base::Ticker ticker_;           // last: uses all of the above
};

}  // namespace shoal::worker
