#pragma once

#include <spdlog/logger.h>

#include <memory>

#include "access/format.hpp"
#include "serving/visit.hpp"

namespace shoal::serving {

/// Writes a line for each answered request. Safe to call from many threads at once.
class AccessLog {
 public:
  /// Each line goes to the logger unchanged, at level info. REQUIRES: the logger does not throw
  /// when a line cannot be written.
  AccessLog(access::Format format, std::shared_ptr<spdlog::logger> logger);

  /// Returns the processor time that this thread has used so far, for Visit::cpu; zero if the
  /// format does not need it.
  access::Cpu cpu() const;

  /// Writes the line of the visit. After an error only this line is missing. REQUIRES: the answer
  /// has been sent or cut off, and `visit.ended` is set.
  void write(const Visit& visit) const noexcept;

 private:
  const access::Format format_;
  const std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace shoal::serving
