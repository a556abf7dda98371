#include "fastcgi/connection.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>

#include "fastcgi/roster.hpp"

namespace shoal::fastcgi {

namespace {

void set_timeout(int socket, int option, std::chrono::milliseconds timeout) {
  // Zero would mean forever to the kernel.
  const std::chrono::microseconds patience = std::max(timeout, std::chrono::milliseconds(1));
  timeval value{};
  value.tv_sec = patience.count() / 1'000'000;
  value.tv_usec = patience.count() % 1'000'000;
  ::setsockopt(socket, SOL_SOCKET, option, &value, sizeof value);
}

}  // namespace

Connection::Connection(base::Descriptor socket, const Limits& limits, Roster& roster)
    : socket_(std::move(socket)),
      inode_(base::Inode::of(socket_.get())),
      limits_(limits),
      roster_(roster) {
  set_timeout(socket_.get(), SO_RCVTIMEO, limits_.read_timeout);
  set_timeout(socket_.get(), SO_SNDTIMEO, limits_.write_timeout);
  roster_.add(*this);
}

Connection::~Connection() { roster_.remove(*this); }

bool Connection::begin() {
  const auto now = Deadline::Clock::now();
  const bool in_time = deadline_.enter(Deadline::Phase::kReading, now + limits_.read_timeout);
  used_ = true;
  began_ = now;  // after enter: what follows it is ordered behind the thread that had it before
  return in_time;
}

bool Connection::wait() {
  const auto phase = used_ ? Deadline::Phase::kWaiting : Deadline::Phase::kFresh;
  return deadline_.enter(phase, Deadline::Clock::now() + limits_.idle_timeout);
}

void Connection::set_read_timeout(std::chrono::milliseconds timeout) {
  set_timeout(socket_.get(), SO_RCVTIMEO, timeout);
}

bool Connection::has_input() const {
  int bytes = 0;
  return ::ioctl(socket_.get(), FIONREAD, &bytes) == 0 && bytes > 0;
}

void Connection::socket_lost() {
  roster_.remove(*this);  // first: the reaper looks at the number
  socket_.release();
}

void Connection::shut() { ::shutdown(socket_.get(), SHUT_RDWR); }

}  // namespace shoal::fastcgi
