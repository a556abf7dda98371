#include "fastcgi/event_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <thread>

namespace shoal::fastcgi {
namespace {

// Over which time it is counted how often a loop is woken, and for how long it sleeps.
constexpr std::chrono::milliseconds kWindow{20};
constexpr std::int64_t kOften = 100, kSeldom = 20;  // waits in it

epoll_event event_of(std::uint32_t events, std::uint64_t meaning) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = meaning;
  return event;
}

}  // namespace

base::Descriptor new_epoll() {
  base::Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return epoll;
}

EventLoop::EventLoop() : epoll_(new_epoll()) { watch_other(wakeup_.descriptor(), kWake); }

EventLoop::~EventLoop() {
  const base::MutexLock lock(mutex_);
  connections_.clear_and_dispose(std::default_delete<Connection>());
}

bool EventLoop::add(std::unique_ptr<Connection> connection, std::uint32_t events) {
  connection->loop = this;
  connection->events = events;
  epoll_event event = event_of(events, reinterpret_cast<std::uintptr_t>(connection.get()));
  // From epoll_ctl on the thread that has the loop may use the connection. It waits for the mutex
  // before it closes it.
  const bool is_kept = connection->kept;
  const base::MutexLock lock(mutex_);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection->socket(), &event) != 0) return false;
  ++size_;
  if (is_kept) ++kept_;
  connections_.push_back(*connection.release());
  return true;
}

void EventLoop::wake() { wakeup_.wake(); }

void EventLoop::look_soon() {
  look_soon_ = true;
  wake();
}

bool EventLoop::wake_if_asleep() {
  if (!asleep_.exchange(false)) return false;
  wake();
  return true;
}

bool EventLoop::is_to_look() { return now >= next_look || look_soon_.exchange(false); }

EventLoop::Service EventLoop::service() const {
  const Service state = state_.load();  // in one order with begin_service
  return (state & kPhase) == kServing ? state : 0;
}

bool EventLoop::take(Service service) {
  const Service number = service & ~kPhase;
  if (!state_.compare_exchange_strong(service, number | kTaken)) return false;
  if (current_->loop == this) detach(*current_);
  state_.store(number + kNext, std::memory_order_release);
  return true;
}

EventLoop::Service EventLoop::begin_service(Connection& connection) {
  current_ = &connection;
  service_began_.store(connection.turn_began, std::memory_order_relaxed);
  const Service service = state_.load(std::memory_order_relaxed) | kServing;
  state_.store(service);  // in one order with what the monitor thread does before it sleeps
  return service;
}

bool EventLoop::end_service(Service service) {
  Service expected = service;
  const Service number = service & ~kPhase;
  if (state_.compare_exchange_strong(expected, number + kNext)) return true;
  // Until the connection is out of the epoll set; that takes microseconds.
  while ((state_.load(std::memory_order_acquire) & ~kPhase) == number) std::this_thread::yield();
  return false;
}

const epoll_event* EventLoop::next_event() {
  return next_ < count_ ? &batch_[static_cast<std::size_t>(next_++)] : nullptr;
}

void EventLoop::wait(Clock::time_point until) {
  const auto begin = Clock::now();
  const auto busy = begin - now;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now);
  const auto timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
  next_ = 0;
  count_ = std::max(0, ::epoll_wait(epoll_.get(), batch_.data(), std::ssize(batch_), timeout));
  asleep_.store(false, std::memory_order_relaxed);
  now = Clock::now();
  note_wait(busy, now - begin);
  for (int i = 0; i < count_; ++i) {
    if (batch_[static_cast<std::size_t>(i)].data.u64 == kWake) wakeup_.clear();
  }
}

void EventLoop::note_wait(Clock::duration busy, Clock::duration slept) {
  busy_ += busy;
  slept_ += slept;
  ++waits_;
  const auto all = busy_ + slept_;
  if (all < kWindow) return;
  is_woken_often_ = waits_ * kWindow > (is_woken_often_ ? kSeldom : kOften) * all;
  has_time_.store(8 * slept_ >= all, std::memory_order_relaxed);
  busy_ = slept_ = {};
  waits_ = 0;
}

std::unique_ptr<Connection> EventLoop::remove(Connection& connection) {
  detach(connection);
  return std::unique_ptr<Connection>(&connection);
}

void EventLoop::detach(Connection& connection) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection.socket(), nullptr);
  const base::MutexLock lock(mutex_);
  connection.unlink();
  --size_;
  if (connection.kept) --kept_;
  connection.loop = nullptr;
}

void EventLoop::watch(Connection& connection, std::uint32_t events) {
  if (connection.events == events) return;
  connection.events = events;
  epoll_event event = event_of(events, reinterpret_cast<std::uintptr_t>(&connection));
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.socket(), &event);
}

void EventLoop::watch_other(int descriptor, std::uint64_t meaning) {
  epoll_event event = event_of(EPOLLIN, meaning);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event);
}

void EventLoop::unwatch_other(int descriptor) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
}

std::vector<Connection*> EventLoop::select(const std::function<bool(const Connection&)>& wanted) {
  std::vector<Connection*> selected;
  const base::MutexLock lock(mutex_);
  for (Connection& connection : connections_) {
    if (wanted(connection)) selected.push_back(&connection);
  }
  return selected;
}

EventLoop::Clock::time_point EventLoop::first_deadline() {
  auto first = Clock::time_point::max();
  const base::MutexLock lock(mutex_);
  for (const Connection& connection : connections_) first = std::min(first, connection.deadline);
  return first;
}

}  // namespace shoal::fastcgi
