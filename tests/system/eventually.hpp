#pragma once

#include <chrono>
#include <thread>

namespace shoal::system {

/// Whether the condition comes true. Gives up after a time that only a broken container needs, so
/// no test depends on how fast the machine is.
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
