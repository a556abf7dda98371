#pragma once

#include <sched.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <vector>

#include "base/mutex.hpp"
#include "base/wakeup.hpp"
#include "fastcgi/connections.hpp"
#include "fastcgi/event_loop.hpp"
#include "fastcgi/responder.hpp"
#include "fastcgi/serving_thread.hpp"
#include "fastcgi/turns.hpp"

namespace shoal::fastcgi {

/// The threads that serve requests: one for each event loop, and reserve threads, which start when
/// handlers take long and end after a minute without work. A loop that no thread can take is an
/// orphan: the monitor thread attends to it. Safe to use from any thread.
class ThreadPool {
 public:
  /// At most `most` threads run at once. REQUIRES: all arguments outlive the pool.
  ThreadPool(unsigned most, const Responder& responder, Turns& turns, std::deque<EventLoop>& loops);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// Joins the threads. REQUIRES: end() was called.
  ~ThreadPool();

  /// Starts a thread for each loop. The arguments outlive the threads. Throws std::runtime_error,
  /// with the remedy, if that is not possible. Called once, before all others but end().
  void start(Connections& connections, Housekeeping& housekeeping);

  /// Gives the loop to a parked thread, else to a new one; else it is an orphan.
  void give(EventLoop& loop);

  /// A request waits for a thread: calls a parked thread, else one that waits for events of its
  /// loop, else starts one, if there may be one more.
  void call();

  /// Has each thread end as soon as its request is answered, and new ones started in their place.
  void renew();

  /// Has the threads end as soon as they have no request.
  void end();

  /// Waits until all threads have ended, at most until this time. Returns true if they have.
  bool ended_by(std::chrono::steady_clock::time_point time);

  Turns& turns() { return turns_; }

  // --- the threads of the pool

  bool is_to_end(const ServingThread& thread) const;

  /// The scheduling policy that the container was started with.
  int policy() const { return policy_; }

  // --- the monitor thread

  /// Takes an orphan out of the list, to attend to it; null if there is none.
  EventLoop* take_orphan();

  /// Gives an orphan that was attended to a thread if there is one now; else it is an orphan again.
  void give_back(EventLoop& loop);

  /// Readable when an orphan has events, or the monitor thread is to look for orphans.
  int monitor_descriptor() const { return orphans_epoll_.get(); }

  /// Has the monitor thread look, also if it sleeps.
  void wake_monitor() { wake_monitor_.wake(); }

  /// The monitor thread begins or ends to sleep until it is woken: by an orphan, or by the next
  /// request that is served.
  void monitor_sleeps(bool sleeps) { monitor_sleeps_ = sleeps; }
  void monitor_woke() { wake_monitor_.clear(); }
  void wake_monitor_if_asleep() {
    if (monitor_sleeps_.load()) wake_monitor();
  }

 private:
  using Clock = std::chrono::steady_clock;

  void run(ServingThread& thread);
  void join_ended();
  bool park(ServingThread& thread);
  bool start_thread(EventLoop* loop) SHOAL_REQUIRES(mutex_);
  bool call_parked(EventLoop* loop) SHOAL_REQUIRES(mutex_);
  bool place(EventLoop& loop) SHOAL_REQUIRES(mutex_);
  void wake_all();
  EventLoop* pop_orphan() SHOAL_REQUIRES(mutex_);

  const int policy_ = ::sched_getscheduler(0);
  const Responder& responder_;
  Turns& turns_;
  std::deque<EventLoop>& loops_;
  const base::Descriptor orphans_epoll_;
  const base::Wakeup wake_monitor_;  // in orphans_epoll_
  std::atomic<bool> monitor_sleeps_{false};
  std::atomic<bool> ends_{false};
  std::atomic<unsigned> renewal_{0};  // counts calls of renew
  base::Mutex mutex_;
  std::condition_variable_any ended_;
  std::deque<ServingThread> threads_ SHOAL_GUARDED_BY(mutex_);   // one for each that may run
  std::vector<ServingThread*> parked_ SHOAL_GUARDED_BY(mutex_);  // the last is called first
  std::deque<EventLoop*> orphans_ SHOAL_GUARDED_BY(mutex_);
  unsigned running_ SHOAL_GUARDED_BY(mutex_) = 0;
  Clock::time_point next_start_ SHOAL_GUARDED_BY(mutex_){};  // not before; after a start has failed
  std::thread joiner_;  // may wait for thread_local destructors of modules
};

}  // namespace shoal::fastcgi
