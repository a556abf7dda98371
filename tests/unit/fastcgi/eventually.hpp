#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace shoal::test {

/// Waits for what another thread is about to bring about.
inline bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 4'000 && !holds(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return holds();
}

}  // namespace shoal::test
