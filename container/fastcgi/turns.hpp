#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "base/mutex.hpp"
#include "fastcgi/connection.hpp"

namespace shoal::fastcgi {

/// Says which request may run now, and keeps those that wait: for a thread, or because as many
/// requests of their route run as it allows. Owns the connections of those that wait. Safe to
/// use from any thread.
class Turns {
 public:
  /// At most `queue` requests wait. A route that streams bodies and has no bound of its own
  /// gets half of `threads`, so that slow uploads leave threads to others.
  Turns(std::size_t queue, unsigned threads) : queue_(queue), threads_(threads) {}

  /// Returns true if the request may run at once as far as its route allows it. The caller
  /// says when it is `done`.
  bool may_run(const RouteRules* route);

  /// Has a request wait. `may_run` says whether may_run has allowed it: then it waits only for a
  /// thread. Returns false if too many wait already, also without those whose peers have left; the
  /// connection stays with the caller then.
  bool wait(std::unique_ptr<Connection>& connection, bool may_run);

  /// Returns the request whose turn it is; null if no request that may run waits. The caller says
  /// when it is `done`.
  std::unique_ptr<Connection> next();

  /// A request that was allowed to run has ended. Returns true if another one of its route may run
  /// now, which has waited.
  bool done(const RouteRules* route);

  /// Returns all that wait, and forgets them.
  std::vector<std::unique_ptr<Connection>> take_all();

  /// Returns true if a request waits for a thread alone. Takes no mutex.
  bool any_ready() const { return ready_count_.load() != 0; }

  /// Returns how many requests wait.
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  using Clock = Connection::Clock;
  using Queue = std::deque<std::unique_ptr<Connection>>;

  struct Bound {
    unsigned most = 0;
    unsigned running = 0;  // or ready
    Queue waiting;
  };

  unsigned bound_of(const RouteRules& route) const;
  bool has_bound(const RouteRules* route) const;
  void add_ready(std::unique_ptr<Connection> connection) SHOAL_REQUIRES(mutex_);
  void drop_gone() SHOAL_REQUIRES(mutex_);
  Bound& bound(const RouteRules& route) SHOAL_REQUIRES(mutex_);

  const std::size_t queue_;
  const unsigned threads_;
  base::Mutex mutex_;
  std::map<const RouteRules*, Bound> bounds_ SHOAL_GUARDED_BY(mutex_);
  Queue ready_ SHOAL_GUARDED_BY(mutex_);                 // wait for a thread alone
  std::atomic<std::size_t> ready_count_{0};              // of ready_
  Clock::time_point looked_ SHOAL_GUARDED_BY(mutex_){};  // for peers that have left
  std::atomic<std::size_t> size_{0};                     // of ready_ and all Bound::waiting
};

}  // namespace shoal::fastcgi
