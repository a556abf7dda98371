#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "fastcgi/poller.hpp"

namespace shoal::serving {

/// A fixed number of threads that take connections from the poller and serve one request each.
class WorkerPool {
 public:
  /// Serves the request that begins on the connection; false when the connection cannot be kept.
  /// Must not throw.
  using Serve = std::function<bool(fastcgi::Connection&)>;

  /// REQUIRES: `poller` outlives the pool.
  WorkerPool(fastcgi::Poller& poller, unsigned threads, Serve serve);

  /// Joins the threads. REQUIRES: the poller was stopped.
  ~WorkerPool();

  /// Waits until no thread serves any more, at most `grace`; whether that is so.
  /// REQUIRES: the poller was stopped.
  bool finish_within(std::chrono::milliseconds grace);

 private:
  void run(const Serve& serve);

  fastcgi::Poller& poller_;
  std::mutex mutex_;
  std::condition_variable ended_;
  unsigned running_ = 0;  // guarded by mutex_; threads that have not ended
  std::vector<std::thread> threads_;
};

}  // namespace shoal::serving
