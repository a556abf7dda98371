#pragma once

#include <spdlog/logger.h>

#include <memory>

#include "access/format.hpp"
#include "serving/visit.hpp"

namespace shoal::serving {

/// Writes a line for each request that was answered. Safe to call from many threads at once.
class AccessLog {
 public:
  /// Each line goes to the logger as it is, at level info. It must not throw when a line cannot be
  /// written.
  AccessLog(access::Format format, std::shared_ptr<spdlog::logger> logger);

  /// Returns what this thread has used so far, if lines tell of it: for Visit::cpu.
  access::Cpu cpu() const;

  /// REQUIRES: the answer is over. Whatever goes wrong costs the line and nothing else.
  void write(const Visit& visit) const noexcept;

 private:
  const access::Format format_;
  const std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace shoal::serving
