#include "serving/thread_pool.hpp"

#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "base/own_thread.hpp"
#include "base/signal_stack.hpp"

namespace shoal::serving {
namespace {

// For so long a dispatcher whose threads are all busy leaves what has come to other processes,
// which may have free ones.
constexpr std::chrono::milliseconds kLeftToOthers{5};

}  // namespace

ThreadPool::ThreadPool(fastcgi::Poller& poller, Scoreboard& scoreboard, Serve serve,
                       std::size_t queue, TurnAway turn_away)
    : poller_(poller), serve_(std::move(serve)), turn_away_(std::move(turn_away)), queue_(queue) {
  try {
    start(scoreboard);
  } catch (const std::system_error& error) {
    poller_.stop();
    {
      const base::MutexLock lock(mutex_);
      no_more_ = true;
    }
    arrived_.notify_all();
    for (auto& thread : threads_) thread.join();
    throw std::runtime_error("workers.threads: only " + std::to_string(threads_.size()) + " of " +
                             std::to_string(scoreboard.size()) + " can be started (" +
                             error.what() +
                             "); lower it, or raise the limit on processes (ulimit -u)");
  }
}

void ThreadPool::start(Scoreboard& scoreboard) {
  for (std::size_t number = 0; number < scoreboard.size(); ++number) {
    const base::MutexLock lock(mutex_);
    threads_.emplace_back([this, &slot = scoreboard.slot(number)] { run(slot); });
    ++running_;
  }
  if (queue_ != 0) threads_.emplace_back([this] { dispatch(); });
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
  if (queue_ == 0) return poller_.next();
  base::MutexLock lock(mutex_);
  ++free_;
  while (!no_more_ && waiting_.empty()) arrived_.wait(lock);
  --free_;
  if (waiting_.empty()) return nullptr;
  auto connection = std::move(waiting_.front());
  waiting_.pop_front();
  return connection;
}

// --- the dispatcher thread

void ThreadPool::dispatch() {
  const base::OwnThread own_thread;
  while (auto connection = take()) admit(std::move(connection));
  const base::MutexLock lock(mutex_);
  no_more_ = true;
  arrived_.notify_all();
}

/// The next connection. While all threads here are busy, other processes have the first try.
std::unique_ptr<fastcgi::Connection> ThreadPool::take() {
  while (all_busy() && !poller_.stopped()) {
    poller_.wait();
    if (all_busy()) std::this_thread::sleep_for(kLeftToOthers);
    if (auto connection = poller_.try_next()) return connection;
  }
  return poller_.next();
}

void ThreadPool::admit(std::unique_ptr<fastcgi::Connection> connection) {
  {
    const base::MutexLock lock(mutex_);
    if (free_ > waiting_.size() || waiting_.size() < queue_) {
      waiting_.push_back(std::move(connection));
      arrived_.notify_one();
      return;
    }
  }
  if (turn_away_(*connection)) poller_.keep(std::move(connection));
}

bool ThreadPool::all_busy() {
  const base::MutexLock lock(mutex_);
  return free_ <= waiting_.size();
}

}  // namespace shoal::serving
