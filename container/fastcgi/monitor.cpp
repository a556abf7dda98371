#include "fastcgi/monitor.hpp"

#include <poll.h>

#include <algorithm>

#include "base/own_thread.hpp"

namespace shoal::fastcgi {
namespace {

// Together with Turn::kLong at most 1 ms.
constexpr std::chrono::microseconds kLook{700};

// So many looks without a request, and it sleeps.
constexpr int kMostQuietLooks = 14;

constexpr std::chrono::minutes kSleep{1};

}  // namespace

Monitor::Monitor(ThreadPool& pool, Connections& connections, Housekeeping& housekeeping,
                 std::deque<EventLoop>& loops)
    : pool_(pool),
      connections_(connections),
      housekeeping_(housekeeping),
      loops_(loops),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Monitor::~Monitor() {
  thread_.request_stop();
  pool_.wake_monitor();
}

void Monitor::run(const std::stop_token& stop) {
  const base::OwnThread own_thread;
  while (!stop.stop_requested()) {
    const bool busy = look_at_services();
    if (pool_.turns().any_ready()) pool_.call();  // the thread that was called may have ended
    const auto until = attend_orphans();
    wait(until, busy);
  }
}

/// Returns true if a request is served on a loop.
bool Monitor::look_at_services() {
  bool busy = false;
  const auto now = Clock::now();
  for (EventLoop& loop : loops_) {
    const EventLoop::Service service = loop.service();
    if (service == 0) continue;
    busy = true;
    if (now - loop.service_began() >= Turn::kLong && loop.take(service)) pool_.give(loop);
  }
  return busy;
}

/// Returns until when the orphans may wait.
Monitor::Clock::time_point Monitor::attend_orphans() {
  auto until = Clock::time_point::max();
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    EventLoop* const loop = pool_.take_orphan();
    if (loop == nullptr) break;
    handle_events(*loop);  // of a batch that its thread has begun
    loop->wait(loop->now);
    handle_events(*loop);
    until = std::min(until, housekeeping_.look_after(*loop, true));
    pool_.give_back(*loop);
  }
  return until;
}

void Monitor::handle_events(EventLoop& loop) {
  while (const epoll_event* event = loop.next_event()) connections_.handle(*event, loop, nullptr);
}

void Monitor::wait(Clock::time_point until, bool busy) {
  quiet_looks_ = busy || pool_.turns().any_ready() ? 0 : quiet_looks_ + 1;
  if (quiet_looks_ <= kMostQuietLooks) return wait_for(kLook);
  pool_.monitor_sleeps(true);
  // A request may have begun before its thread could know that this one sleeps.
  const bool missed =
      std::ranges::any_of(loops_, [](const EventLoop& loop) { return loop.service() != 0; });
  if (!missed) wait_for(std::clamp<Nanoseconds>(until - Clock::now(), {}, kSleep));
  pool_.monitor_sleeps(false);
  quiet_looks_ = 0;
}

void Monitor::wait_for(Nanoseconds time) {
  const timespec timeout{time.count() / Nanoseconds::period::den,
                         time.count() % Nanoseconds::period::den};
  pollfd own{pool_.monitor_descriptor(), POLLIN, 0};
  if (::ppoll(&own, 1, &timeout, nullptr) == 1) pool_.monitor_woke();
}

}  // namespace shoal::fastcgi
