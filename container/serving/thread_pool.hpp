#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.hpp"
#include "fastcgi/poller.hpp"
#include "serving/scoreboard.hpp"

namespace shoal::serving {

/// A fixed number of threads, one for each slot of a scoreboard, that take connections from the
/// poller and serve one request each.
///
/// With a bound on how many requests may wait for them, a dispatcher thread takes the connections
/// instead, and hands them over in order; who comes when as many wait already is turned away at
/// once. Without, they wait in the poller and in the listeners' backlogs.
class ThreadPool {
 public:
  /// Serves the request that begins on the connection; false when the connection cannot be kept.
  /// Must not throw.
  using Serve = std::function<bool(fastcgi::Connection&, ThreadSlot&)>;
  using TurnAway = std::function<bool(fastcgi::Connection&)>;

  /// `queue`: requests that may wait; 0 for no bound and no dispatcher. REQUIRES: `poller` and
  /// `scoreboard` outlive the pool.
  ThreadPool(fastcgi::Poller& poller, Scoreboard& scoreboard, Serve serve, std::size_t queue = 0,
             TurnAway turn_away = {});

  /// Joins the threads. REQUIRES: the poller was stopped.
  ~ThreadPool();

  /// Waits until no thread serves any more, at most `grace`; whether that is so.
  /// REQUIRES: the poller was stopped.
  bool finish_within(std::chrono::milliseconds grace);

 private:
  void start(Scoreboard& scoreboard);
  void run(ThreadSlot& slot);
  void dispatch();
  std::unique_ptr<fastcgi::Connection> take();
  void admit(std::unique_ptr<fastcgi::Connection> connection);
  bool all_busy();
  std::unique_ptr<fastcgi::Connection> next();

  fastcgi::Poller& poller_;
  const Serve serve_;
  const TurnAway turn_away_;
  const std::size_t queue_;
  base::Mutex mutex_;
  std::condition_variable_any ended_;    // a thread has ended
  std::condition_variable_any arrived_;  // a connection waits, or none will any more
  std::deque<std::unique_ptr<fastcgi::Connection>> waiting_ SHOAL_GUARDED_BY(mutex_);
  std::size_t free_ SHOAL_GUARDED_BY(mutex_) = 0;     // threads that wait for arrived_
  bool no_more_ SHOAL_GUARDED_BY(mutex_) = false;     // the dispatcher has ended
  std::size_t running_ SHOAL_GUARDED_BY(mutex_) = 0;  // threads that have not ended
  std::vector<std::thread> threads_;
};

}  // namespace shoal::serving
