#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

/// Tells the test that this point is reached, by making the file `place.reached`, and goes on when
/// the test has made `place.go`.
inline void rendezvous(const std::string& place) {
  std::ofstream(place + ".reached").put('\n');
  const auto latest = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (!std::filesystem::exists(place + ".go")) {
    if (std::chrono::steady_clock::now() > latest) throw std::runtime_error("nobody came");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}
