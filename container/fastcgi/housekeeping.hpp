#pragma once

#include "fastcgi/acceptor.hpp"
#include "fastcgi/connection_store.hpp"
#include "fastcgi/connections.hpp"
#include "fastcgi/event_loop.hpp"
#include "fastcgi/limits.hpp"

namespace shoal::fastcgi {

/// What is done for an event loop between two batches of events: deadlines, slow peers, and the end
/// of the server. Safe to use from many threads, each with loops of its own.
class Housekeeping {
 public:
  using Clock = Connection::Clock;

  /// `acceptor` is that of the first loop. With `several_processes`, others may be free while the
  /// threads of this one are busy. REQUIRES: all arguments outlive this.
  Housekeeping(const Limits& limits, ConnectionStore& store, Connections& connections,
               Acceptor& acceptor, EventLoop& first_loop, bool several_processes);

  /// Ends what is overdue, and what is to end since the server does. `all_busy`: the monitor thread
  /// has the loop. Returns until when the loop may wait for events.
  Clock::time_point look_after(EventLoop& loop, bool all_busy);

 private:
  void end_overdue(Connection& connection);
  void look_at_body(Connection& connection);
  void cut_slowest(EventLoop& loop);
  void end_idle(EventLoop& loop);

  const Limits& limits_;
  ConnectionStore& store_;
  Connections& connections_;
  Acceptor& acceptor_;
  EventLoop& first_loop_;
  const bool several_processes_;
};

}  // namespace shoal::fastcgi
