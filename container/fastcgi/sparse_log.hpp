#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/mutex.hpp"

namespace shoal::fastcgi {

/// Logs what peers can cause: at most one warning a second, so that they cannot fill the disk. Safe
/// to use from any thread.
class SparseLog {
 public:
  /// Logs the line, with the number of lines that were left out since the last one.
  void warn(const std::string& line);

 private:
  base::Mutex mutex_;
  std::chrono::steady_clock::time_point last_ SHOAL_GUARDED_BY(mutex_){};
  std::uint64_t left_out_ SHOAL_GUARDED_BY(mutex_) = 0;
};

}  // namespace shoal::fastcgi
