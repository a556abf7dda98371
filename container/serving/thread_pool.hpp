#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

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
  std::mutex mutex_;
  std::condition_variable ended_;
  std::condition_variable arrived_;                           // something waits, or none will
  std::deque<std::unique_ptr<fastcgi::Connection>> waiting_;  // guarded by mutex_
  std::size_t free_ = 0;     // guarded by mutex_; threads that wait for arrived_
  bool no_more_ = false;     // guarded by mutex_; the dispatcher has ended
  std::size_t running_ = 0;  // guarded by mutex_; threads that have not ended
  std::vector<std::thread> threads_;
};

}  // namespace shoal::serving
