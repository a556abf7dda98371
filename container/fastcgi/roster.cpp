#include "fastcgi/roster.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "base/own_thread.hpp"

namespace shoal::fastcgi {

namespace {

base::Descriptor make_nothing() {
  base::Descriptor nothing(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!nothing) throw std::system_error(errno, std::generic_category(), "eventfd");
  return nothing;
}

}  // namespace

Roster::Roster(std::chrono::milliseconds interval)
    : nothing_(make_nothing()),
      handle_(make_nothing()),
      reaper_([this, interval](std::stop_token stop) { reap(stop, interval); }) {}

void Roster::add(Connection& connection) {
  const std::lock_guard lock(mutex_);
  connections_.insert(&connection);
}

void Roster::remove(Connection& connection) {
  const std::lock_guard lock(mutex_);
  connections_.erase(&connection);
}

std::vector<Connection*> Roster::connections() const {
  const std::lock_guard lock(mutex_);
  return {connections_.begin(), connections_.end()};
}

void Roster::shut_waiting() {
  const std::lock_guard lock(mutex_);
  for (Connection* connection : connections_) {
    if (!connection->has_input() && end_waiting(*connection)) connection->shut();
  }
}

// Whoever has taken a connection from the poller, and finds it at its end, destroys it: that waits
// for the mutex in `remove`, so the number is good until then. By number, as below.
void Roster::let_go_of_waiting(const std::function<bool(int)>& leave) {
  const std::lock_guard lock(mutex_);
  for (Connection* connection : connections_) {
    if (!end_waiting(*connection)) continue;
    if (leave(connection->socket())) {
      ::syscall(SYS_dup3, nothing_.get(), connection->socket(), O_CLOEXEC);
    } else {
      connection->shut();
    }
  }
}

bool Roster::end_waiting(Connection& connection) {
  constexpr auto kEver = Deadline::Clock::time_point::max();
  return connection.deadline().end(Deadline::Phase::kFresh, kEver) ||
         connection.deadline().end(Deadline::Phase::kWaiting, kEver);
}

bool Roster::any_fresh() const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(connections_, [](Connection* connection) {
    return connection->deadline().is(Deadline::Phase::kFresh);
  });
}

void Roster::reap(std::stop_token stop, std::chrono::milliseconds interval) {
  const base::OwnThread own_thread;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    stopped_.wait_for(lock, stop, interval, [] { return false; });
    shut_overdue(Deadline::Clock::now());
  }
}

void Roster::shut_overdue(Deadline::Clock::time_point now) {
  for (Connection* connection : connections_) {
    if (connection->deadline().end(Deadline::Phase::kFresh, now)) connection->shut();
    if (connection->deadline().end(Deadline::Phase::kWaiting, now)) connection->shut();
    if (connection->deadline().end(Deadline::Phase::kReading, now)) shut_while_read(*connection);
  }
}

// A worker is in libfcgi with this descriptor, and libfcgi closes it by itself when a head fails:
// by now its number may lead to something else. So whatever it leads to is taken hold of first, and
// shut down only if it is the connection. By number, since ThreadSanitizer would rightly call it a
// race.
void Roster::shut_while_read(const Connection& connection) {
  if (::syscall(SYS_dup3, connection.socket(), handle_.get(), O_CLOEXEC) < 0) return;
  if (base::Inode::of(handle_.get()) == connection.inode_) ::shutdown(handle_.get(), SHUT_RDWR);
  ::dup3(nothing_.get(), handle_.get(), O_CLOEXEC);
}

}  // namespace shoal::fastcgi
