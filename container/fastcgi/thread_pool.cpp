#include "fastcgi/thread_pool.hpp"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "base/failure.hpp"
#include "base/own_thread.hpp"

namespace shoal::fastcgi {
namespace {

constexpr std::chrono::minutes kIdle{1};          // then a reserve thread ends
constexpr std::chrono::seconds kAfterFailure{1};  // until a thread is started again

void watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

}  // namespace

ThreadPool::ThreadPool(unsigned most, const Responder& responder, Turns& turns,
                       std::deque<EventLoop>& loops)
    : responder_(responder), turns_(turns), loops_(loops), orphans_epoll_(new_epoll()) {
  watch(orphans_epoll_.get(), wake_monitor_.descriptor());
  const base::MutexLock lock(mutex_);
  for (unsigned number = 0; number < most; ++number) threads_.emplace_back(number, *this);
  joiner_ = std::thread([this] { join_ended(); });
}

ThreadPool::~ThreadPool() {
  ended_by(Clock::time_point::max());
  joiner_.join();
}

void ThreadPool::start(Connections& connections, Housekeeping& housekeeping) {
  const base::MutexLock lock(mutex_);
  for (ServingThread& thread : threads_) {
    thread.connections_ = &connections;
    thread.housekeeping_ = &housekeeping;
  }
  for (EventLoop& loop : loops_) {
    if (start_thread(&loop)) continue;
    base::fail({.thing = "workers.threads",
                .fact = "only " + std::to_string(running_) + " of " +
                        std::to_string(loops_.size()) + " threads can be started",
                .error = EAGAIN,
                .remedy = "raise the limit on processes (ulimit -u)"});
  }
}

void ThreadPool::give(EventLoop& loop) {
  {
    const base::MutexLock lock(mutex_);
    if (place(loop)) return;
  }
  wake_monitor();  // a part of a batch may be left
}

void ThreadPool::call() {
  const base::MutexLock lock(mutex_);
  if (!turns_.any_ready() || call_parked(nullptr)) return;
  if (std::ranges::any_of(loops_, &EventLoop::wake_if_asleep)) return;
  start_thread(nullptr);
}

void ThreadPool::renew() {
  ++renewal_;
  wake_all();
}

void ThreadPool::end() {
  ends_ = true;
  wake_all();
}

/// Has all threads see that they are to end.
void ThreadPool::wake_all() {
  for (EventLoop& loop : loops_) loop.wake();
  const base::MutexLock lock(mutex_);
  for (ServingThread* thread : parked_) thread->call_.notify_one();
  ended_.notify_all();
}

bool ThreadPool::ended_by(Clock::time_point time) {
  base::MutexLock lock(mutex_);
  while (running_ != 0) {
    // Not until the end of time: the C library adds to it.
    const auto latest = std::min(time, Clock::now() + kIdle);
    if (ended_.wait_until(lock, latest) == std::cv_status::timeout && Clock::now() >= time) break;
  }
  return running_ == 0;
}

bool ThreadPool::is_to_end(const ServingThread& thread) const {
  return ends_.load(std::memory_order_relaxed) ||
         thread.renewal_ != renewal_.load(std::memory_order_relaxed);
}

// --- a thread, from its start to its end

void ThreadPool::run(ServingThread& thread) {
  const base::OwnThread own_thread;
  thread.start();
  responder_.thread_starts(thread.number());
  do {
    thread.work();
  } while (park(thread));
  responder_.thread_ends(thread.number());
  const base::MutexLock lock(mutex_);
  EventLoop* const loop = thread.release_loop();
  if (loop != nullptr) place(*loop);
  thread.state_ = ServingThread::State::kEnded;
  --running_;
  ended_.notify_all();
  wake_monitor();
}

/// Waits for work. Returns false if the thread is to end.
bool ThreadPool::park(ServingThread& thread) {
  base::MutexLock lock(mutex_);
  if (is_to_end(thread)) return false;
  if (turns_.any_ready()) return true;
  thread.loop_ = pop_orphan();
  if (thread.loop_ != nullptr) return true;
  thread.called_ = false;
  parked_.push_back(&thread);
  const auto until = Clock::now() + kIdle;
  while (!thread.called_ && !is_to_end(thread)) {
    if (thread.call_.wait_until(lock, until) == std::cv_status::timeout) break;
  }
  if (thread.called_) return true;
  std::erase(parked_, &thread);
  return false;
}

bool ThreadPool::call_parked(EventLoop* loop) {
  if (parked_.empty()) return false;
  ServingThread& thread = *parked_.back();
  parked_.pop_back();
  thread.loop_ = loop;
  thread.called_ = true;
  thread.call_.notify_one();
  return true;
}

bool ThreadPool::start_thread(EventLoop* loop) {
  const auto free =
      std::ranges::find(threads_, ServingThread::State::kAbsent, &ServingThread::state_);
  if (free == threads_.end() || ends_ || Clock::now() < next_start_) return false;
  free->loop_ = loop;
  free->renewal_ = renewal_;
  try {
    free->thread_ = std::thread([this, &thread = *free] { run(thread); });
  } catch (const std::system_error& error) {
    free->loop_ = nullptr;
    next_start_ = Clock::now() + kAfterFailure;
    spdlog::warn(
        "no further thread can be started: {}; requests wait; raise the limit on processes "
        "(ulimit -u), or lower workers.threads",
        error.what());
    return false;
  }
  free->state_ = ServingThread::State::kRunning;
  ++running_;
  return true;
}

// --- the monitor thread

EventLoop* ThreadPool::take_orphan() {
  const base::MutexLock lock(mutex_);
  return pop_orphan();
}

void ThreadPool::give_back(EventLoop& loop) {
  const base::MutexLock lock(mutex_);
  place(loop);
}

void ThreadPool::join_ended() {
  const base::OwnThread own_thread;
  base::MutexLock lock(mutex_);
  for (;;) {
    const auto ended =
        std::ranges::find(threads_, ServingThread::State::kEnded, &ServingThread::state_);
    if (ended == threads_.end()) {
      if (ends_ && running_ == 0) return;
      ended_.wait(lock);
      continue;
    }
    lock.unlock();
    ended->thread_.join();
    lock.lock();
    ended->state_ = ServingThread::State::kAbsent;
    wake_monitor();  // one more thread may be started
  }
}

/// Gives the loop to a thread. Returns false if there is none for it: then it is an orphan.
bool ThreadPool::place(EventLoop& loop) {
  if (call_parked(&loop) || start_thread(&loop)) return true;
  orphans_.push_back(&loop);
  watch(orphans_epoll_.get(), loop.descriptor());
  return false;
}

EventLoop* ThreadPool::pop_orphan() {
  if (orphans_.empty()) return nullptr;
  EventLoop* const loop = orphans_.front();
  orphans_.pop_front();
  ::epoll_ctl(orphans_epoll_.get(), EPOLL_CTL_DEL, loop->descriptor(), nullptr);
  return loop;
}

}  // namespace shoal::fastcgi
