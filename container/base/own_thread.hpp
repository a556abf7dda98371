#pragma once

#include <unistd.h>

#include <mutex>
#include <set>

#include "base/signal_stack.hpp"

namespace shoal::base {

/// The threads that the container itself has started, by their kernel ids. None of them can be
/// inside code of a generation that nobody holds, so the search for what keeps one leaves them out:
/// their stacks are full of stale return addresses into modules that they once called.
///
/// Safe to use from any thread.
class OwnThreads {
 public:
  static bool contains(pid_t id) {
    const std::lock_guard lock(instance().mutex_);
    return instance().ids_.contains(id);
  }

 private:
  friend class OwnThread;
  static OwnThreads& instance() {
    static OwnThreads threads;
    return threads;
  }

  std::mutex mutex_;
  std::set<pid_t> ids_;  // guarded by mutex_
};

/// Stands first in the function of each thread of the container's own, for as long as it runs.
/// Gives it a SignalStack.
class OwnThread {
 public:
  OwnThread() {
    auto& threads = OwnThreads::instance();
    const std::lock_guard lock(threads.mutex_);
    threads.ids_.insert(id_);
  }
  ~OwnThread() {
    auto& threads = OwnThreads::instance();
    const std::lock_guard lock(threads.mutex_);
    threads.ids_.erase(id_);
  }
  OwnThread(const OwnThread&) = delete;
  OwnThread& operator=(const OwnThread&) = delete;

 private:
  const pid_t id_ = ::gettid();
  SignalStack signal_stack_;
};

}  // namespace shoal::base
