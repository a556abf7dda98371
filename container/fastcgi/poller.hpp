#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <vector>

#include "fastcgi/connection.hpp"
#include "fastcgi/exchange.hpp"
#include "fastcgi/handover.hpp"
#include "fastcgi/limits.hpp"
#include "fastcgi/listener.hpp"
#include "fastcgi/roster.hpp"

struct epoll_event;

namespace shoal::fastcgi {

/// Hands readable connections to worker threads. One epoll for all of them: listeners are
/// non-blocking, connections one-shot, so a kept-alive connection that is idle holds no thread, and
/// one connection is never at two threads.
///
/// Connections that are idle for `limits.idle_timeout` are closed, however busy the workers are.
/// When descriptors run out, accepting pauses for 100 ms at a time; what waits stays in the queue.
///
/// REQUIRES: threads that call `next` or use an Exchange block signals that have handlers: libfcgi
/// takes an interrupted read or write for a failed one.
class Poller {
 public:
  /// With a handover, takes connections from there as from a listener. Throws std::system_error.
  Poller(std::vector<Listener> listeners, Limits limits,
         std::shared_ptr<const Handover> handover = nullptr);

  /// REQUIRES: no thread is in here, and every connection was kept or destroyed.
  ~Poller();

  /// Waits for a connection on which a request begins; null once `stop` was called and no request
  /// is left that had begun to arrive. Safe to call from any number of threads.
  std::unique_ptr<Connection> next();

  /// Waits until `next` would find something to do. Takes nothing: another process may be faster.
  void wait() const;

  /// Whether `stop` or `hand_over` was called.
  bool stopped() const { return stopped_; }

  /// As `next`, without waiting: null when no request has begun anywhere.
  std::unique_ptr<Connection> try_next();

  /// Takes back a connection that may carry further requests. Once `stop` was called, closes it;
  /// after `hand_over`, leaves it in the handover.
  /// Safe to call from any number of threads.
  void keep(std::unique_ptr<Connection> connection);

  /// No connection is accepted from here on: the listeners are closed. Who has just connected may
  /// still ask, for at most a second: a web server that gets no answer to the first request of a
  /// connection takes us for broken, while it asks again elsewhere when one that it has kept is
  /// closed. Then connections are closed too, but for those that a worker has or on which a request
  /// has begun to arrive. Every `next` returns soon after. Safe to call from any thread, more than
  /// once.
  void stop();

  /// The same for a process in whose place others serve: connections that are idle, fresh, or done
  /// with their request later on are not closed, but left in the handover. Waits for nobody.
  /// REQUIRES: there is a handover.
  void hand_over();

  /// How many connections are open, idle ones included.
  std::size_t connections() const { return roster_.connections().size(); }

  /// How often accepting has paused for want of descriptors or memory.
  std::uint64_t accept_pauses() const { return pauses_; }

  /// When it last did; the epoch if never.
  std::chrono::system_clock::time_point last_accept_pause() const { return last_pause_; }

 private:
  std::unique_ptr<Connection> take(const epoll_event& event);
  std::unique_ptr<Connection> take_last();
  std::unique_ptr<Connection> accept_from(std::size_t listener);
  std::unique_ptr<Connection> take_over();
  std::unique_ptr<Connection> begin_or_keep(std::unique_ptr<Connection> connection);
  bool leave(int socket) const;
  void stop_accepting();
  void watch_listeners();
  void arm(std::size_t listener, int operation) const;
  void unwatch_listeners();
  void pause_accepting();
  void resume_accepting();

  const Limits limits_;
  const base::Descriptor epoll_;
  const base::Descriptor stop_;                     // an eventfd, readable for good once stopped
  const base::Descriptor resume_;                   // a timerfd, readable when accepting goes on
  const std::shared_ptr<const Handover> handover_;  // null: none
  std::atomic<bool> hands_over_{false};             // set before stopped_
  std::atomic<bool> stopped_{false};
  std::atomic<std::uint64_t> pauses_{0};
  std::atomic<std::chrono::system_clock::time_point> last_pause_{};
  std::shared_mutex accepting_;  // shared: to accept; alone: to change the two below
  std::vector<Listener> listeners_;
  bool paused_ = false;
  Roster roster_;
};

}  // namespace shoal::fastcgi
