#include "fastcgi/serving_thread.hpp"

#include <sched.h>

#include "fastcgi/thread_pool.hpp"

namespace shoal::fastcgi {

void ServingThread::start() { interrupts_ = ::sched_getscheduler(0) != SCHED_BATCH; }

void ServingThread::work() {
  while (!pool_.is_to_end(*this)) {
    set_interrupts(loop_ == nullptr || !loop_->is_woken_often());
    if (auto waiting = pool_.turns().next()) {
      connections_->serve_waiting(std::move(waiting), *this);
      if (loop_ == nullptr) continue;
    }
    if (loop_ == nullptr) return;
    // After each request that has waited, too: they must not hold up the loop.
    if (const epoll_event* event = loop_->next_event()) {
      connections_->handle(*event, *loop_, this);
    } else {
      const auto until = housekeeping_->look_after(*loop_, false);
      loop_->announce_wait();
      loop_->wait(pool_.turns().any_ready() ? loop_->now : until);
    }
  }
}

/// Sets whether an event that wakes this thread interrupts what runs on its processor. That is good
/// for a request that comes alone. When many come, what runs is mostly a web server that is about
/// to send more: then a loop that waits finds several at once, and sleeps less often, which spares
/// a quarter of the processor time of a short request. See SCHED_BATCH in sched(7). A policy that
/// the container was started with is kept.
void ServingThread::set_interrupts(bool interrupts) {
  if (interrupts == interrupts_ || pool_.policy() != SCHED_OTHER) return;
  interrupts_ = interrupts;
  const sched_param priority{};
  ::sched_setscheduler(0, interrupts ? SCHED_OTHER : SCHED_BATCH, &priority);
}

void ServingThread::begin_service(Connection& connection) {
  if (loop_ == nullptr) return;
  service_ = loop_->begin_service(connection);
  pool_.wake_monitor_if_asleep();
}

void ServingThread::end_service() {
  if (loop_ != nullptr && !loop_->end_service(service_)) loop_ = nullptr;
}

void ServingThread::will_take_long() noexcept {
  if (loop_ == nullptr) return;
  EventLoop& loop = *std::exchange(loop_, nullptr);
  if (loop.take(service_)) {
    pool_.give(loop);
  } else {
    loop.end_service(service_);  // the monitor thread was faster; waits until it is done
  }
  set_interrupts(true);
}

}  // namespace shoal::fastcgi
