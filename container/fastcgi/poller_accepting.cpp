// Where connections come from: listeners, and workers that end.
#include <spdlog/spdlog.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <mutex>
#include <shared_mutex>
#include <system_error>
#include <utility>

#include "fastcgi/poller.hpp"
#include "fastcgi/poller_events.hpp"

namespace shoal::fastcgi {
namespace {

constexpr std::chrono::milliseconds kPause{100};

}  // namespace

// Not EPOLLEXCLUSIVE: the kernel would tell one process alone of a connection, and that one may be
// about to end, or out of descriptors, while others are free.
void Poller::watch_listeners() {
  if (listeners_.empty()) return;  // it stops, and takes nothing over either
  for (std::size_t i = 0; i < listeners_.size(); ++i) arm(i, EPOLL_CTL_ADD);
  if (!handover_) return;
  epoll_event event = event_of(EPOLLIN, kHandover);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, handover_->descriptor(), &event);
}

/// One-shot, or each new connection would wake every thread that is idle. Whoever has accepted it
/// arms the listener for the next.
void Poller::arm(std::size_t listener, int operation) const {
  epoll_event event = event_of(EPOLLIN | EPOLLONESHOT, kFirstListener + listener);
  ::epoll_ctl(epoll_.get(), operation, listeners_[listener].descriptor(), &event);
}

void Poller::unwatch_listeners() {
  for (const Listener& listener : listeners_)
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener.descriptor(), nullptr);
  if (handover_) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, handover_->descriptor(), nullptr);
}

std::unique_ptr<Connection> Poller::accept_from(std::size_t listener) {
  std::unique_ptr<Connection> connection;
  try {
    const std::shared_lock lock(accepting_);
    if (listener >= listeners_.size()) return nullptr;
    auto socket = listeners_[listener].accept();
    arm(listener, EPOLL_CTL_MOD);
    // Under the lock: whoever stops must not overlook it.
    if (socket) connection = std::make_unique<Connection>(*std::move(socket), limits_, roster_);
  } catch (const std::system_error&) {
    pause_accepting();
  }
  if (!connection) return nullptr;
  return begin_or_keep(std::move(connection));
}

std::unique_ptr<Connection> Poller::take_over() {
  std::optional<base::Descriptor> socket;
  try {
    socket = handover_->take();
  } catch (const std::system_error&) {
    pause_accepting();
  }
  if (!socket) return nullptr;
  return begin_or_keep(std::make_unique<Connection>(*std::move(socket), limits_, roster_));
}

void Poller::stop_accepting() {
  const std::unique_lock lock(accepting_);
  if (!std::exchange(paused_, false)) unwatch_listeners();  // others may have the socket, too
  listeners_.clear();
}

// A listener that cannot be served would be reported again and again at once.
void Poller::pause_accepting() {
  const std::unique_lock lock(accepting_);
  if (paused_ || stopped_) return;
  paused_ = true;
  last_pause_ = std::chrono::system_clock::now();
  if (pauses_++ == 0) {
    spdlog::warn(
        "out of descriptors or socket memory: new connections wait (logged once); raise "
        "LimitNOFILE= or `ulimit -n`, or lower limits.idle_timeout");
  }
  unwatch_listeners();
  itimerspec once{};
  once.it_value.tv_nsec = std::chrono::nanoseconds(kPause).count();
  ::timerfd_settime(resume_.get(), 0, &once, nullptr);
}

void Poller::resume_accepting() {
  const std::unique_lock lock(accepting_);
  std::uint64_t times = 0;
  if (::read(resume_.get(), &times, sizeof times) < 0) return;  // another thread was faster
  if (!paused_ || stopped_) return;
  paused_ = false;
  watch_listeners();
}

}  // namespace shoal::fastcgi
