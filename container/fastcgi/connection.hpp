#pragma once

#include <optional>

#include "base/descriptor.hpp"
#include "base/inode.hpp"
#include "fastcgi/deadline.hpp"
#include "fastcgi/limits.hpp"

namespace shoal::fastcgi {

class Roster;

/// A connection that a web server opened to us; closed by the destructor. Always in one place: in
/// the poller or at one worker, who owns it. To those outside this room it is something to hand
/// from Poller::next to Exchange::read to Poller::keep.
class Connection {
 public:
  /// `socket` is blocking; reads and writes on it time out from here on. `roster` and `limits`
  /// outlive the connection.
  Connection(base::Descriptor socket, const Limits& limits, Roster& roster);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const { return socket_.get(); }
  const Limits& limits() const { return limits_; }
  Deadline& deadline() { return deadline_; }

  /// When the request at hand began to arrive.
  Deadline::Clock::time_point began() const { return began_; }

  /// A request begins to arrive. False when the connection was idle for too long.
  bool begin();

  /// A request may come, the first or another. False when the reaper has shut the connection down.
  bool wait();

  /// Whether bytes have come that nobody has read.
  bool has_input() const;

  /// What one read waits for at most. Set to `limits.read_timeout` at first.
  void set_read_timeout(std::chrono::milliseconds timeout);

  /// The descriptor was closed behind our back, as libfcgi does when it cannot read a head.
  void socket_lost();

  /// Ends both directions, now; the peer sees the connection close.
  void shut();

 private:
  friend class Poller;  // in_epoll_
  friend class Roster;  // inode_

  base::Descriptor socket_;
  const std::optional<base::Inode> inode_;
  const Limits& limits_;
  Roster& roster_;
  Deadline deadline_{Deadline::Phase::kFresh};
  Deadline::Clock::time_point began_{};
  bool in_epoll_ = false;
  bool used_ = false;  // a request has begun on it
};

}  // namespace shoal::fastcgi
