#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/mutex.hpp"
#include "status/counters.hpp"

namespace shoal::serving {

/// Counts the answers of this process, in all and by group, in its slot of the service's counters:
/// they are counted even if this process is killed a moment later. Safe to use from any thread.
class Traffic {
 public:
  explicit Traffic(status::CounterSlot slot);

  /// Counts one answer. `group` is empty if no module was found for the request. `took` is the time
  /// from the first byte of the request to the end of the answer.
  void add(std::string_view group, int status, std::chrono::nanoseconds took);

  /// Return what this process has answered. The slot had numbers of earlier processes.
  std::uint64_t requests() const;
  std::uint64_t errors() const;  ///< those with a status of 500 to 599

 private:
  using Row = status::Counters::Row;

  Row& row_of(std::string_view group);

  const status::CounterSlot slot_;
  const std::uint64_t requests_before_;
  const std::uint64_t errors_before_;
  base::SharedMutex mutex_;
  std::map<std::string, std::reference_wrapper<Row>, std::less<>> rows_ SHOAL_GUARDED_BY(mutex_);
};

}  // namespace shoal::serving
