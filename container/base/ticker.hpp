#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/own_thread.hpp"

namespace shoal::base {

/// Calls `tick` at once and then again and again, `interval` apart, on a thread of its own, until
/// it is destroyed; that waits for a call under way. REQUIRES: `tick` throws nothing.
class Ticker {
 public:
  Ticker(std::chrono::milliseconds interval, std::function<void()> tick)
      : thread_([interval, tick = std::move(tick)](const std::stop_token& stop) {
          const OwnThread own_thread;
          std::mutex mutex;
          std::condition_variable_any stopped;
          std::unique_lock lock(mutex);
          while (!stop.stop_requested()) {
            tick();
            stopped.wait_for(lock, stop, interval, [] { return false; });
          }
        }) {}

 private:
  std::jthread thread_;
};

}  // namespace shoal::base
