#pragma once

#include <condition_variable>
#include <thread>
#include <utility>

#include "fastcgi/connections.hpp"
#include "fastcgi/event_loop.hpp"
#include "fastcgi/exchange.hpp"
#include "fastcgi/housekeeping.hpp"

namespace shoal::fastcgi {

class ThreadPool;

/// A thread of the pool, and what it has: an event loop, whose requests it serves itself; or none,
/// since another thread has taken it over while a handler took long. Used by that thread, but for
/// what the pool does.
class ServingThread final : public Turn {
 public:
  ServingThread(unsigned number, ThreadPool& pool) : number_(number), pool_(pool) {}
  ServingThread(const ServingThread&) = delete;
  ServingThread& operator=(const ServingThread&) = delete;

  unsigned number() const { return number_; }

  /// Called first by the thread.
  void start();

  /// Handles events and serves requests, until it has no loop and no request waits, or is to end.
  void work();

  /// A request of this connection is served between these two.
  void begin_service(Connection& connection);
  void end_service();

  /// Gives the loop to another thread.
  void will_take_long() noexcept override;

  /// Gives up the loop; null if it has none.
  EventLoop* release_loop() { return std::exchange(loop_, nullptr); }

 private:
  friend class ThreadPool;

  void set_interrupts(bool interrupts);

  const unsigned number_;
  ThreadPool& pool_;
  Connections* connections_ = nullptr;  // both are set before the thread starts
  Housekeeping* housekeeping_ = nullptr;
  EventLoop* loop_ = nullptr;  // set by the pool before the thread starts, and while it is parked
  EventLoop::Service service_ = 0;
  bool interrupts_ = true;  // see set_interrupts
  unsigned renewal_ = 0;    // of the pool when it was started

  // Of the pool, under its mutex.
  enum class State { kAbsent, kRunning, kEnded };
  State state_ = State::kAbsent;
  bool called_ = false;  // while parked: there is work
  std::condition_variable_any call_;
  std::thread thread_;
};

}  // namespace shoal::fastcgi
