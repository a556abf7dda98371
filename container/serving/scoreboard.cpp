#include "serving/scoreboard.hpp"

#include <unistd.h>

#include "serving/router.hpp"

namespace shoal::serving {

void ThreadSlot::start() {
  const base::MutexLock lock(mutex_);
  thread_ = ::gettid();
}

void ThreadSlot::end() {
  const base::MutexLock lock(mutex_);
  thread_ = 0;
}

void ThreadSlot::publish(const Visit& visit, State state, Clock::time_point since) {
  if (state == State::kHandling) describe(visit);
  const base::MutexLock lock(mutex_);
  visit_ = &visit;
  state_ = state;
  handled_ |= state == State::kHandling;
  since_ = since;
}

void ThreadSlot::clear(Clock::time_point since) {
  const base::MutexLock lock(mutex_);
  visit_ = nullptr;
  state_ = State::kIdle;
  handled_ = false;
  since_ = since;
}

void ThreadSlot::describe(const Visit& visit) {
  const generations::Generation& generation = *visit.generation();
  activity_.request = visit.request;
  activity_.id = visit.id;
  activity_.module = visit.module;
  activity_.group = generation.group();
  activity_.generation = generation.label();
  activity_.files = generation.files_text().c_str();
}

ThreadSlot::View ThreadSlot::view() const {
  View view;
  const base::MutexLock lock(mutex_);
  const std::chrono::duration<double> for_so_long = Clock::now() - since_;
  view.thread = thread_;
  view.status.state = state_;
  view.status.since = status::now() - for_so_long.count();
  if (visit_ == nullptr) return view;
  view.began = visit_->began;
  view.status.request = visit_->request;
  view.status.id = visit_->id;
  if (visit_->route != nullptr) view.timeout = visit_->route->timeout;

  if (!handled_) return view;  // refused, or not that far
  view.status.module = visit_->module;
  view.status.generation = visit_->generation()->label();
  return view;
}

std::vector<status::Thread> Scoreboard::threads() const {
  std::vector<status::Thread> threads;
  for (std::size_t number = 0; number < slots_.size(); ++number) {
    const ThreadSlot::View view = slots_[number].view();
    if (view.thread == 0) continue;
    threads.push_back(view.status);
    threads.back().number = static_cast<int>(number);
  }
  return threads;
}

}  // namespace shoal::serving
