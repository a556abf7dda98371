#pragma once

#include <deque>
#include <thread>

#include "fastcgi/connections.hpp"
#include "fastcgi/event_loop.hpp"
#include "fastcgi/housekeeping.hpp"
#include "fastcgi/thread_pool.hpp"

namespace shoal::fastcgi {

/// The monitor thread. It sees event loops that a slow handler holds up, within a millisecond, and
/// gives them to other threads. While all threads are busy, it attends to the loops itself: it
/// reads heads and bodies, keeps deadlines, has complete requests wait for a thread, and refuses
/// those that are too many. It sleeps while no request is served.
class Monitor {
 public:
  /// Starts the thread. REQUIRES: all arguments outlive the monitor.
  Monitor(ThreadPool& pool, Connections& connections, Housekeeping& housekeeping,
          std::deque<EventLoop>& loops);

  /// Ends the thread.
  ~Monitor();

 private:
  using Clock = EventLoop::Clock;
  using Nanoseconds = std::chrono::nanoseconds;

  void run(const std::stop_token& stop);
  bool look_at_services();
  Clock::time_point attend_orphans();
  void handle_events(EventLoop& loop);
  void wait(Clock::time_point until, bool busy);
  void wait_for(Nanoseconds time);

  ThreadPool& pool_;
  Connections& connections_;
  Housekeeping& housekeeping_;
  std::deque<EventLoop>& loops_;
  int quiet_looks_ = 0;  // in a row at which no request was served
  std::jthread thread_;  // last: it uses the members above
};

}  // namespace shoal::fastcgi
