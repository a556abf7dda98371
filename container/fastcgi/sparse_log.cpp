#include "fastcgi/sparse_log.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace shoal::fastcgi {

void SparseLog::warn(const std::string& line) {
  std::uint64_t left_out = 0;
  {
    const auto now = std::chrono::steady_clock::now();
    const base::MutexLock lock(mutex_);
    if (now - last_ < std::chrono::seconds(1)) {
      ++left_out_;
      return;
    }
    last_ = now;
    left_out = std::exchange(left_out_, 0);
  }
  if (left_out == 0) return spdlog::warn("{}", line);
  spdlog::warn("{} ({} such lines were left out before)", line, left_out);
}

}  // namespace shoal::fastcgi
