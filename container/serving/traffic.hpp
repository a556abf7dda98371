#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/mutex.hpp"
#include "status/latency.hpp"

namespace shoal::serving {

/// Counts the answers of this process, in all and by group. Safe to use from any thread.
class Traffic {
 public:
  /// The answers of one group.
  struct OfGroup {
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;  ///< those with a status of 500 to 599
    status::Histogram latency;
  };

  /// Counts one answer. `group` is empty if no module was found for the request. `took` is the time
  /// from the first byte of the request to the end of the answer.
  void add(std::string_view group, int status, std::chrono::nanoseconds took);

  std::uint64_t requests() const { return requests_; }
  std::uint64_t errors() const { return errors_; }

  /// Returns zeros for a group that has not answered yet.
  OfGroup of(std::string_view group) const;

 private:
  struct Counters {
    std::atomic<std::uint64_t> errors{0};
    status::LatencyRecorder latency;
  };

  Counters& counters_of(std::string_view group);

  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> errors_{0};
  mutable base::SharedMutex mutex_;
  std::map<std::string, std::unique_ptr<Counters>, std::less<>> groups_ SHOAL_GUARDED_BY(mutex_);
};

}  // namespace shoal::serving
