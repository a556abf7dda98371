#include "serving/worker_pool.hpp"

#include <stdexcept>
#include <string>
#include <system_error>

#include "shoal/host/own_thread.hpp"

namespace shoal::serving {

WorkerPool::WorkerPool(fastcgi::Poller& poller, unsigned threads, Serve serve)
    : poller_(poller), running_(threads) {
  const auto shared = std::make_shared<const Serve>(std::move(serve));
  try {
    while (threads_.size() < threads) threads_.emplace_back([this, shared] { run(*shared); });
  } catch (const std::system_error& error) {
    poller_.stop();
    for (auto& thread : threads_) thread.join();
    throw std::runtime_error("workers.threads: only " + std::to_string(threads_.size()) + " of " +
                             std::to_string(threads) + " can be started (" + error.what() +
                             "); lower it, or raise the limit on processes (ulimit -u)");
  }
}

WorkerPool::~WorkerPool() {
  for (auto& thread : threads_) thread.join();
}

bool WorkerPool::finish_within(std::chrono::milliseconds grace) {
  std::unique_lock lock(mutex_);
  return ended_.wait_for(lock, grace, [this] { return running_ == 0; });
}

void WorkerPool::run(const Serve& serve) {
  const host::OwnThread own_thread;
  while (auto connection = poller_.next()) {
    if (serve(*connection)) poller_.keep(std::move(connection));
  }
  const std::lock_guard lock(mutex_);
  --running_;
  ended_.notify_all();
}

}  // namespace shoal::serving
