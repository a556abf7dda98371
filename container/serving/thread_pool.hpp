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

/// A thread pool of fixed size, one thread for each slot of a scoreboard. Each thread takes a
/// connection on which a request begins, serves that request, and takes the next connection.
///
/// Without a queue, the threads take connections from the poller; requests wait in the poller and
/// in the backlogs of the listeners. With a queue, a dispatcher thread takes the connections from
/// the poller and puts them into the queue; while the queue is full, it turns requests away at
/// once.
class ThreadPool {
 public:
  /// Serves the request that begins on the connection. Returns false if the connection cannot carry
  /// another request. Must not throw.
  using Serve = std::function<bool(fastcgi::Connection&, ThreadSlot&)>;

  /// Answers that the queue is full. Otherwise like Serve.
  using TurnAway = std::function<bool(fastcgi::Connection&)>;

  /// `queue` is the number of requests that may wait; with 0 there is no queue and no dispatcher
  /// thread. Throws std::runtime_error, with the remedy, if not all threads can be started.
  /// REQUIRES: `poller` and `scoreboard` outlive the pool.
  ThreadPool(fastcgi::Poller& poller, Scoreboard& scoreboard, Serve serve, std::size_t queue = 0,
             TurnAway turn_away = {});

  /// Joins the threads. REQUIRES: the poller has been stopped.
  ~ThreadPool();

  /// Waits until all threads have ended, but at most for `grace`. Returns true if they have.
  /// REQUIRES: the poller has been stopped.
  bool finish_within(std::chrono::milliseconds grace);

 private:
  void start(Scoreboard& scoreboard);
  void run(ThreadSlot& slot);
  void dispatch();
  std::unique_ptr<fastcgi::Connection> take();
  void enqueue(std::unique_ptr<fastcgi::Connection> connection);
  bool all_busy();
  std::unique_ptr<fastcgi::Connection> next();

  fastcgi::Poller& poller_;
  const Serve serve_;
  const TurnAway turn_away_;
  const std::size_t queue_size_;
  base::Mutex mutex_;
  std::condition_variable_any ended_;  // a thread has ended
  std::condition_variable_any
      arrived_;  // a connection is in the queue, or the dispatcher has ended
  std::deque<std::unique_ptr<fastcgi::Connection>> queue_ SHOAL_GUARDED_BY(mutex_);
  std::size_t free_ SHOAL_GUARDED_BY(mutex_) = 0;  // threads that wait for a connection
  bool dispatcher_ended_ SHOAL_GUARDED_BY(mutex_) = false;
  std::size_t running_ SHOAL_GUARDED_BY(mutex_) = 0;  // threads that have not ended
  std::vector<std::thread> threads_;
};

}  // namespace shoal::serving
