#include "generations/inbox.hpp"

#include <utility>

namespace shoal::generations {

void Inbox::put(Work work) {
  {
    const base::MutexLock lock(mutex_);
    if (closed_) return;
    work_.push_back(std::move(work));
  }
  arrived_.notify_one();
}

void Inbox::leave(std::unique_ptr<Generation> generation) {
  {
    const base::MutexLock lock(mutex_);
    if (ended_) return keep_for_ever(std::move(generation));
    unused_.push_back(std::move(generation));
  }
  arrived_.notify_one();
}

void Inbox::close() {
  {
    const base::MutexLock lock(mutex_);
    closed_ = true;
    work_.clear();
  }
  arrived_.notify_one();
}

Inbox::Next Inbox::next(std::chrono::steady_clock::time_point until) {
  Next next;
  base::MutexLock lock(mutex_);
  while (work_.empty() && unused_.empty() && !closed_) {
    if (arrived_.wait_until(lock, until) == std::cv_status::timeout) break;
  }
  next.closed = ended_ = closed_;
  if (!work_.empty()) {
    next.work = std::move(work_.front());
    work_.pop_front();
  } else {
    next.unused = std::exchange(unused_, {});
  }
  return next;
}

}  // namespace shoal::generations
