#include "serving/thread_pool.hpp"

#include <string>
#include <system_error>
#include <utility>

#include "base/failure.hpp"
#include "base/own_thread.hpp"
#include "base/signal_stack.hpp"

namespace shoal::serving {
namespace {

// While all threads here are busy, a connection is left to the other workers for this time: they
// may have free threads.
constexpr std::chrono::milliseconds kHeadStart{5};

}  // namespace

ThreadPool::ThreadPool(fastcgi::Poller& poller, Scoreboard& scoreboard, Serve serve,
                       std::size_t queue, TurnAway turn_away)
    : poller_(poller),
      serve_(std::move(serve)),
      turn_away_(std::move(turn_away)),
      queue_size_(queue) {
  try {
    start(scoreboard);
  } catch (const std::system_error& error) {
    poller_.stop();
    {
      const base::MutexLock lock(mutex_);
      dispatcher_ended_ = true;
    }
    arrived_.notify_all();
    for (auto& thread : threads_) thread.join();
    base::fail({.thing = "workers.threads",
                .fact = "only " + std::to_string(threads_.size()) + " of " +
                        std::to_string(scoreboard.size()) + " threads can be started",
                .error = error.code().value(),
                .remedy = "lower workers.threads, or raise the limit on processes (ulimit -u)"});
  }
}

void ThreadPool::start(Scoreboard& scoreboard) {
  for (std::size_t number = 0; number < scoreboard.size(); ++number) {
    const base::MutexLock lock(mutex_);
    threads_.emplace_back([this, &slot = scoreboard.slot(number)] { run(slot); });
    ++running_;
  }
  if (queue_size_ != 0) threads_.emplace_back([this] { dispatch(); });
}

ThreadPool::~ThreadPool() {
  for (auto& thread : threads_) thread.join();
}

bool ThreadPool::finish_within(std::chrono::milliseconds grace) {
  const auto deadline = std::chrono::steady_clock::now() + grace;
  base::MutexLock lock(mutex_);
  while (running_ != 0) {
    if (ended_.wait_until(lock, deadline) == std::cv_status::timeout) return running_ == 0;
  }
  return true;
}

void ThreadPool::run(ThreadSlot& slot) {
  const base::OwnThread own_thread;
  const base::SignalStack signal_stack;
  slot.start();
  while (auto connection = next()) {
    if (serve_(*connection, slot)) poller_.keep(std::move(connection));
  }
  const base::MutexLock lock(mutex_);
  --running_;
  ended_.notify_all();
}

std::unique_ptr<fastcgi::Connection> ThreadPool::next() {
  if (queue_size_ == 0) return poller_.next();
  base::MutexLock lock(mutex_);
  ++free_;
  while (!dispatcher_ended_ && queue_.empty()) arrived_.wait(lock);
  --free_;
  if (queue_.empty()) return nullptr;
  auto connection = std::move(queue_.front());
  queue_.pop_front();
  return connection;
}

// --- the dispatcher thread

void ThreadPool::dispatch() {
  const base::OwnThread own_thread;
  while (auto connection = take()) enqueue(std::move(connection));
  const base::MutexLock lock(mutex_);
  dispatcher_ended_ = true;
  arrived_.notify_all();
}

/// Returns the next connection; null once the poller is stopped. While all threads here are busy,
/// the other workers have the first try.
std::unique_ptr<fastcgi::Connection> ThreadPool::take() {
  while (all_busy() && !poller_.stopped()) {
    poller_.wait();
    if (all_busy()) std::this_thread::sleep_for(kHeadStart);
    if (auto connection = poller_.try_next()) return connection;
  }
  return poller_.next();
}

void ThreadPool::enqueue(std::unique_ptr<fastcgi::Connection> connection) {
  {
    const base::MutexLock lock(mutex_);
    if (free_ > queue_.size() || queue_.size() < queue_size_) {
      queue_.push_back(std::move(connection));
      arrived_.notify_one();
      return;
    }
  }
  if (turn_away_(*connection)) poller_.keep(std::move(connection));
}

bool ThreadPool::all_busy() {
  const base::MutexLock lock(mutex_);
  return free_ <= queue_.size();
}

}  // namespace shoal::serving
