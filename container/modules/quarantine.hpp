#pragma once

#include <chrono>
#include "modules/new_line.hpp"

namespace shoal::modules {

/// A generation whose files are withdrawn, because it crashed the processes it was loaded in.
struct Quarantine {
  unsigned long generation = 0;  ///< its number
  bool earlier = false;          ///< that number is of an earlier start of the service
  unsigned crashes = 0;          ///< that it was withdrawn for
  std::chrono::system_clock::time_point since{};

  bool operator==(const Quarantine&) const = default;
};

}  // namespace shoal::modules
