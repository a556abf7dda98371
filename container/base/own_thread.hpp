#pragma once

#include <unistd.h>

#include <set>

#include "base/mutex.hpp"
#include "base/signal_stack.hpp"

namespace shoal::base {

/// The threads that the container itself has started, by their kernel ids. They cannot be inside
/// code of a generation that no request holds, so the search for what keeps one mapped leaves them
/// out: their stacks are full of stale return addresses into modules that they once called.
///
/// Safe to use from any thread.
class OwnThreads {
 public:
  static bool contains(pid_t id) {
    auto& threads = instance();
    const MutexLock lock(threads.mutex_);
    return threads.ids_.contains(id);
  }

 private:
  friend class OwnThread;
  static OwnThreads& instance() {
    static OwnThreads threads;
    return threads;
  }

  Mutex mutex_;
  std::set<pid_t> ids_ SHOAL_GUARDED_BY(mutex_);
};

/// Registers the calling thread in OwnThreads while it lives, and gives it a SignalStack. Make one
/// first in the function of each thread that the container starts.
class OwnThread {
 public:
  OwnThread() {
    auto& threads = OwnThreads::instance();
    const MutexLock lock(threads.mutex_);
    threads.ids_.insert(id_);
  }
  ~OwnThread() {
    auto& threads = OwnThreads::instance();
    const MutexLock lock(threads.mutex_);
    threads.ids_.erase(id_);
  }
  OwnThread(const OwnThread&) = delete;
  OwnThread& operator=(const OwnThread&) = delete;

 private:
  const pid_t id_ = ::gettid();
  SignalStack signal_stack_;
};

}  // namespace shoal::base
