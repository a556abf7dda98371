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

/// Logs what handlers throw: a line each time, and the stack from where it was thrown once a minute
/// for each type and place of a generation. Safe to call from many threads at once.
class ExceptionLog {
 public:
  /// REQUIRES: `stacks` outlives it.
  explicit ExceptionLog(StackLog& stacks) : stacks_(stacks) {}

  /// `request`: who asked for what, and what answered.
  void log(const std::string& request, const ThrownException& exception);

 private:
  using Clock = std::chrono::steady_clock;
  /// Where an exception was thrown. The file, too: the next generation may lie at the same address.
  struct Place {
    std::string type;
    std::string file;
    std::uintptr_t address = 0;

    auto operator<=>(const Place&) const = default;
  };

  /// Why the stack of this place is left out; empty: it is not.
  std::string left_out(const Place& place);

  StackLog& stacks_;
  base::Mutex mutex_;
  std::map<Place, Clock::time_point> logged_ SHOAL_GUARDED_BY(mutex_);
};

}  // namespace shoal::serving
