#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/descriptor.hpp"
#include "fastcgi/connection.hpp"

namespace shoal::fastcgi {

/// Every open connection, and the reaper: a thread that shuts down those whose time is up, however
/// busy the workers are. A connection that has been shut down becomes readable, so a worker that
/// reads it or takes it from the poller finds it at its end. Safe to call from any thread.
class Roster {
 public:
  /// The reaper looks once in `interval`. Throws std::system_error.
  explicit Roster(std::chrono::milliseconds interval);

  void add(Connection& connection);

  /// After this the reaper does not touch it. May be called again.
  void remove(Connection& connection);

  /// Shuts down every connection that waits for a request of which no byte has come.
  void shut_waiting();

  /// Lets go of every connection that waits for a request, whether or not one has begun to arrive,
  /// without closing it for its peer: `leave` gets each descriptor, and says whether somebody else
  /// has it now. If not, it is shut down. The object stays, at its end.
  void let_go_of_waiting(const std::function<bool(int)>& leave);

  /// Ends the wait of a connection for a request; true for the one caller who did.
  static bool end_waiting(Connection& connection);

  /// Whether somebody has connected whose first request has not begun to arrive.
  bool any_fresh() const;

  /// All that are open at this moment.
  std::vector<Connection*> connections() const;

 private:
  void reap(std::stop_token stop, std::chrono::milliseconds interval);
  void shut_overdue(Deadline::Clock::time_point now);
  void shut_while_read(const Connection& connection);

  const base::Descriptor nothing_;  // what handle_ refers to while it is not in use
  const base::Descriptor handle_;   // in reserve: shutting down must work when no number is free
  mutable std::mutex mutex_;
  std::unordered_set<Connection*> connections_;  // under mutex_
  std::condition_variable_any stopped_;
  std::jthread reaper_;  // dies first: it uses all of the above
};

}  // namespace shoal::fastcgi
