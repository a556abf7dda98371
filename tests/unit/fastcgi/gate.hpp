#pragma once

#include <condition_variable>

#include "base/mutex.hpp"
#include "system/eventually.hpp"

namespace shoal::test {

/// Handlers wait here until the test opens it.
class Gate {
 public:
  void wait() {
    base::MutexLock lock(mutex_);
    ++arrived_;
    while (!open_) opened_.wait(lock);
  }

  void open() {
    const base::MutexLock lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }

  int arrived() {
    const base::MutexLock lock(mutex_);
    return arrived_;
  }

  /// Waits until so many handlers have arrived.
  bool is_reached(int times = 1) {
    return system::eventually([&] { return arrived() >= times; });
  }

 private:
  base::Mutex mutex_;
  std::condition_variable_any opened_;
  bool open_ SHOAL_GUARDED_BY(mutex_) = false;
  int arrived_ SHOAL_GUARDED_BY(mutex_) = 0;
};

}  // namespace shoal::test
