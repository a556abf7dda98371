#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <string>

#include "base/mutex.hpp"
#include "serving/stack_log.hpp"
#include "serving/thrown_exception.hpp"

namespace shoal::serving {

/// Logs the exceptions that handlers throw: a line for each, and once a minute for each type and
/// place the stack from which it was thrown. Safe to call from many threads at once.
class ExceptionLog {
 public:
  /// REQUIRES: `stacks` outlives it.
  explicit ExceptionLog(StackLog& stacks) : stacks_(stacks) {}

  /// Logs one exception. `request` begins the line: the request and the module that answers it.
  void log(const std::string& request, const ThrownException& exception);

 private:
  using Clock = std::chrono::steady_clock;

  /// Where an exception was thrown. The file is part of it, since the next generation may be mapped
  /// at the same address.
  struct Place {
    std::string type;
    std::string file;
    std::uintptr_t address = 0;

    auto operator<=>(const Place&) const = default;
  };

  /// Returns why the stack of this place is not logged, for the end of the line; empty if it is
  /// logged.
  std::string why_left_out(const Place& place);

  StackLog& stacks_;
  base::Mutex mutex_;
  std::map<Place, Clock::time_point> logged_ SHOAL_GUARDED_BY(mutex_);
};

}  // namespace shoal::serving
