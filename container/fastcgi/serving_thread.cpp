#include "fastcgi/serving_thread.hpp"

#include "fastcgi/thread_pool.hpp"

namespace shoal::fastcgi {

void ServingThread::work() {
  while (!pool_.is_to_end(*this)) {
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
}

}  // namespace shoal::fastcgi
