#pragma once

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <utility>

#include "base/own_thread.hpp"
#include "unit/releases/apps/apps_folder.hpp"

namespace shoal::test {

/// A request that begins now, on a thread of its own, and what it gets.
class BegunRequest {
 public:
  explicit BegunRequest(std::function<std::string()> asks)
      : thread_([this, asks = std::move(asks)] {
          const base::OwnThread own_thread;
          number_ = ::gettid();
          got_ = asks();
        }) {}

  /// Returns true if the request comes to wait for something: its thread sleeps for long, and not
  /// just for a lock.
  bool comes_to_wait() const {
    return releases::eventually([this, looks = 0]() mutable {
      looks = sleeps() ? looks + 1 : 0;
      return looks == 20;
    });
  }

  std::string gets() {
    thread_.join();
    return got_;
  }

 private:
  bool sleeps() const {
    std::ifstream status("/proc/self/task/" + std::to_string(number_) + "/stat");
    const std::string line{std::istreambuf_iterator<char>(status), {}};
    return line.find(") S ") != std::string::npos;
  }

  std::string got_;
  std::atomic<pid_t> number_ = 0;
  std::thread thread_;
};

}  // namespace shoal::test
