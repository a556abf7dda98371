#pragma once

#include <chrono>
#include <thread>

namespace shoal::system {

/// Waits until the condition is true and returns true. Returns false after 60 seconds: only a
/// broken container needs so long, so no test depends on the speed of the machine.
template <typename Condition>
bool eventually(const Condition& condition) {
  const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > latest) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace shoal::system
