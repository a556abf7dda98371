#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/mutex.hpp"
#include "base/own_thread.hpp"

namespace shoal::base {

/// Calls `tick` on a thread of its own, at once and then every `interval`, until the Ticker is
/// destroyed. The destructor waits for a call that is running. REQUIRES: `tick` throws nothing.
class Ticker {
 public:
  Ticker(std::chrono::milliseconds interval, std::function<void()> tick)
      : thread_([interval, tick = std::move(tick)](const std::stop_token& stop) {
          const OwnThread own_thread;
          Mutex mutex;
          std::condition_variable_any stopped;
          MutexLock lock(mutex);
          while (!stop.stop_requested()) {
            tick();
            stopped.wait_for(lock, stop, interval, [] { return false; });
          }
        }) {}

 private:
  std::jthread thread_;
};

}  // namespace shoal::base
