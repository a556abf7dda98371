#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/descriptor.hpp"
#include "base/mutex.hpp"
#include "base/wakeup.hpp"
#include "fastcgi/connection.hpp"

namespace shoal::fastcgi {

/// Makes an epoll set. Throws std::system_error.
base::Descriptor new_epoll();

/// An epoll set and the connections in it. One thread at a time has it: a thread of the pool, or
/// the monitor thread. That thread takes events in batches and handles them in turn. Connections
/// stay registered, level-triggered: one read for an event suffices, what is left makes the next.
///
/// While the thread serves a request, another thread may take the loop away from it. Then the
/// connection of that request leaves the epoll set, and the thread does not touch the loop any
/// more.
class EventLoop {
 public:
  using Clock = Connection::Clock;

  /// Throws std::system_error.
  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Closes the connections that are left. REQUIRES: no thread has the loop.
  ~EventLoop();

  /// The descriptor of the epoll set: readable if there are events.
  int descriptor() const { return epoll_.get(); }

  // --- any thread

  /// Puts the connection into the epoll set, which owns it from then on. Events that lie there
  /// already are reported. Returns false, and closes the connection, if the kernel is out of
  /// memory.
  bool add(std::unique_ptr<Connection> connection, std::uint32_t events = EPOLLIN);

  /// Returns how many connections are in the epoll set, and how many of them are kept.
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }
  std::size_t kept() const { return kept_.load(std::memory_order_relaxed); }

  /// Returns true if it has waited for events for an eighth of the last 20 ms, or longer.
  bool has_time() const { return has_time_.load(std::memory_order_relaxed); }

  /// Ends a wait for events, now or the next one.
  void wake();

  /// Has the thread that has the loop look at the deadlines soon.
  void look_soon();

  /// Ends a wait for events that was announced. Returns false if there is none.
  bool wake_if_asleep();

  // --- any thread: whether the thread that has the loop serves a request

  using Service = std::uint64_t;  ///< a request that is served; 0: none

  /// Returns the request that is served now.
  Service service() const;

  /// Returns when that began, or a later one.
  Clock::time_point service_began() const { return service_began_.load(); }

  /// Takes the loop away from the thread that serves this request. Returns false if that has ended.
  bool take(Service service);

  // --- the thread that has the loop

  /// Begins to serve a request of this connection, whose turn has begun. It may be in no epoll set.
  Service begin_service(Connection& connection);

  /// Ends the service. Returns false if another thread has taken the loop meanwhile.
  bool end_service(Service service);

  /// Returns the next event of the batch; null if there is none left.
  const epoll_event* next_event();

  /// Says that `wait` follows, and that the thread can be woken for other work. What it looks at
  /// between the two is not missed: either it sees the work, or it is woken.
  void announce_wait() { asleep_ = true; }

  /// Returns true from when it is woken more than 5,000 times a second, until it is woken less than
  /// 1,000 times.
  bool is_woken_often() const { return is_woken_often_; }

  /// Waits for the next batch, until this time at most, and at most a minute. REQUIRES: no event is
  /// left.
  void wait(Clock::time_point until);

  /// Takes a connection out of the epoll set. The caller owns it.
  std::unique_ptr<Connection> remove(Connection& connection);

  /// Changes what the epoll set watches of the connection.
  void watch(Connection& connection, std::uint32_t events);

  /// Watches a descriptor that is not a connection. `meaning` is below kFirstAddress.
  void watch_other(int descriptor, std::uint64_t meaning);
  void unwatch_other(int descriptor);

  /// Returns the connections in the epoll set for which this is true. They stay in it.
  std::vector<Connection*> select(const std::function<bool(const Connection&)>& wanted);

  /// Returns the earliest deadline of the connections in the epoll set.
  Clock::time_point first_deadline();

  /// The deadlines of the connections need not be looked at before this time, unless look_soon was
  /// called. At first they are looked at.
  Clock::time_point next_look = Clock::time_point::min();

  /// Returns true if the deadlines are to be looked at now.
  bool is_to_look();

  /// When the last wait ended: spares the handlers of its events a look at the clock.
  Clock::time_point now = Clock::now();

  // What an event means: kWake, another number below kFirstAddress, or the address of a connection,
  // since no object lies in the first page of memory.
  static constexpr std::uint64_t kWake = 0;
  static constexpr std::uint64_t kFirstAddress = 4'096;

 private:
  // The state is a number for each request that was served, and one of these.
  static constexpr Service kFree = 0;
  static constexpr Service kServing = 1;
  static constexpr Service kTaken = 2;
  static constexpr Service kPhase = 3;
  static constexpr Service kNext = 4;

  void detach(Connection& connection);
  void note_wait(Clock::duration busy, Clock::duration slept);

  const base::Descriptor epoll_;
  const base::Wakeup wakeup_;
  std::atomic<Service> state_{kFree};
  std::atomic<Clock::time_point> service_began_{};
  std::atomic<bool> look_soon_{false};
  std::atomic<bool> asleep_{false};  // or about to be, in a wait that was announced
  Connection* current_ = nullptr;    // of the service; published by state_
  std::array<epoll_event, 16> batch_{};
  int next_ = 0;   // in batch_
  int count_ = 0;  // of batch_

  // Since has_time_ and is_woken_often_ were last set.
  Clock::duration busy_{}, slept_{};
  std::int64_t waits_ = 0;
  bool is_woken_often_ = false;

  // In a cache line of their own: other threads read them when they place a connection.
  alignas(64) std::atomic<std::size_t> size_{0};
  std::atomic<std::size_t> kept_{0};
  std::atomic<bool> has_time_{true};

  base::Mutex mutex_;
  boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>> connections_
      SHOAL_GUARDED_BY(mutex_);
};

}  // namespace shoal::fastcgi
