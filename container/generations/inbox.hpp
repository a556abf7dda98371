#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/mutex.hpp"
#include "generations/generation.hpp"

namespace shoal::generations {

/// Where other threads leave work for the thread that opens and closes. Outlives that thread as
/// long as any generation is held. Safe to use from any thread.
class Inbox {
 public:
  using Work = std::function<void()>;

  /// What the thread takes at a time.
  struct Next {
    std::optional<Work> work{};
    std::vector<std::unique_ptr<Generation>> unused{};  ///< to be retired
    bool closed = false;                                ///< this was the last
  };

  /// Work is done in the order in which it was put here; after close() it is not done at all.
  void put(Work work);

  /// Takes a generation that nothing holds any more. Once the thread has ended, a generation is
  /// kept for ever: the process is ending, too.
  void leave(std::unique_ptr<Generation> generation);

  void close();

  /// Waits until there is something to do, or until `until`. Work comes before generations that are
  /// to be retired: a request may wait for it. REQUIRES: one thread calls it.
  Next next(std::chrono::steady_clock::time_point until);

 private:
  base::Mutex mutex_;
  std::condition_variable_any arrived_;  // of anything below
  std::deque<Work> work_ SHOAL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Generation>> unused_ SHOAL_GUARDED_BY(mutex_);
  bool closed_ SHOAL_GUARDED_BY(mutex_) = false;
  bool ended_ SHOAL_GUARDED_BY(mutex_) = false;
};

}  // namespace shoal::generations
