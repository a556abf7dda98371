#include "fastcgi/poller.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include "fastcgi/libfcgi.hpp"
#include "fastcgi/poller_events.hpp"
#include "fastcgi/values.hpp"

namespace shoal::fastcgi {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstRequest{1'000};

base::Descriptor checked(int descriptor, const char* what) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), what);
  return base::Descriptor(descriptor);
}

milliseconds reaping_interval(const Limits& limits) {
  const milliseconds shortest = std::min(limits.read_timeout, limits.idle_timeout);
  return std::clamp(shortest / 4, milliseconds(5), milliseconds(1'000));
}

bool add(const base::Descriptor& epoll, int descriptor, epoll_event event) {
  return ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

// By number: ThreadSanitizer does not know that re-arming happens before the event, so it would
// take its own epoll_ctl here for a race with the thread that gets the connection next. What orders
// the two for it are Connection::wait and begin.
bool rearm(const base::Descriptor& epoll, int descriptor, epoll_event event) {
  return ::syscall(SYS_epoll_ctl, epoll.get(), EPOLL_CTL_MOD, descriptor, &event) == 0;
}

}  // namespace

Poller::Poller(std::vector<Listener> listeners, Limits limits,
               std::shared_ptr<const Handover> handover)
    : limits_(limits),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      stop_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      resume_(checked(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd")),
      handover_(std::move(handover)),
      listeners_(std::move(listeners)),
      roster_(reaping_interval(limits)) {
  start_libfcgi();
  add(epoll_, stop_.get(), event_of(EPOLLIN, kStop));
  add(epoll_, resume_.get(), event_of(EPOLLIN, kResume));
  watch_listeners();
}

Poller::~Poller() {
  for (Connection* kept : roster_.connections()) std::default_delete<Connection>()(kept);
}

std::unique_ptr<Connection> Poller::next() {
  while (!stopped_) {
    epoll_event event{};
    if (::epoll_wait(epoll_.get(), &event, 1, /*forever*/ -1) < 1) continue;
    if (auto connection = take(event)) return connection;
  }
  return take_last();
}

std::unique_ptr<Connection> Poller::try_next() {
  epoll_event event{};
  while (!stopped_ && ::epoll_wait(epoll_.get(), &event, 1, /*do not wait*/ 0) == 1) {
    if (auto connection = take(event)) return connection;
  }
  return nullptr;
}

void Poller::wait() const {
  pollfd own{epoll_.get(), POLLIN, 0};
  ::poll(&own, 1, /*forever*/ -1);
}

// `stop_` stays readable, and epoll_wait goes round all that is ready: when `stop_` is seen twice
// in a row, no request is left.
std::unique_ptr<Connection> Poller::take_last() {
  for (int stops = 0; stops < 2;) {
    epoll_event event{};
    if (::epoll_wait(epoll_.get(), &event, 1, /*do not wait*/ 0) < 1) continue;
    stops = event.data.u64 == kStop ? stops + 1 : 0;
    if (auto connection = take(event)) return connection;
  }
  return nullptr;
}

std::unique_ptr<Connection> Poller::take(const epoll_event& event) {
  const std::uint64_t meaning = event.data.u64;
  if (meaning == kStop) return nullptr;
  if (meaning == kResume) {
    resume_accepting();
    return nullptr;
  }
  if (meaning == kHandover) return take_over();
  if (meaning < kFirstAddress) return accept_from(meaning - kFirstListener);
  // While the epoll watched it, the event was its owner: see keep.
  std::unique_ptr<Connection> connection(reinterpret_cast<Connection*>(meaning));
  if (connection->deadline().is(Deadline::Phase::kFresh))
    return begin_or_keep(std::move(connection));
  if (!connection->begin()) return nullptr;
  return connection;
}

void Poller::keep(std::unique_ptr<Connection> connection) {
  const int socket = connection->socket();
  const epoll_event event = event_of(EPOLLIN | EPOLLRDHUP | EPOLLONESHOT,
                                     reinterpret_cast<std::uintptr_t>(connection.get()));
  const bool known = std::exchange(connection->in_epoll_, true);
  // In this order: either this sees the stop, or the stop sees the connection wait.
  if (!connection->wait()) return;
  if (stopped_) {
    if (hands_over_ && Roster::end_waiting(*connection)) leave(socket);
    return;
  }
  // Once it is armed, another thread may have it before this one is back.
  if (known ? rearm(epoll_, socket, event) : add(epoll_, socket, event))
    static_cast<void>(connection.release());
}

std::unique_ptr<Connection> Poller::begin_or_keep(std::unique_ptr<Connection> connection) {
  // A web server that has just connected has mostly sent its request, too.
  if (!has_request(connection->socket())) {
    keep(std::move(connection));
  } else if (connection->begin()) {
    return connection;
  }
  return nullptr;
}

void Poller::hand_over() {
  stop_accepting();
  hands_over_ = true;
  if (stopped_.exchange(true)) return;
  roster_.let_go_of_waiting([this](int socket) { return leave(socket); });
  ::eventfd_write(stop_.get(), 1);
}

/// The epoll would go on watching what is open elsewhere.
bool Poller::leave(int socket) const {
  ::syscall(SYS_epoll_ctl, epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
  return handover_->leave(socket);
}

void Poller::stop() {
  stop_accepting();
  const auto until = Deadline::Clock::now() + kFirstRequest;
  while (!stopped_ && roster_.any_fresh() && Deadline::Clock::now() < until) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  if (stopped_.exchange(true)) return;
  roster_.shut_waiting();
  ::eventfd_write(stop_.get(), 1);
}

}  // namespace shoal::fastcgi
