#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

/// Creates the file `place.reached`, which the test waits for, and waits until the test has created
/// the file `place.go`. Throws after two minutes.
inline void rendezvous(const std::string& place) {
  std::ofstream(place + ".reached").put('\n');
  const auto latest = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (!std::filesystem::exists(place + ".go")) {
    if (std::chrono::steady_clock::now() > latest)
      throw std::runtime_error(place + ".go: was not created");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}
