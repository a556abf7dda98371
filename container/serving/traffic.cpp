#include "serving/traffic.hpp"

#include <utility>

namespace shoal::serving {

Traffic::Traffic(status::CounterSlot slot)
    : slot_(std::move(slot)),
      requests_before_(slot_.counters->requests(slot_.number)),
      errors_before_(slot_.counters->errors(slot_.number)) {}

void Traffic::add(std::string_view group, int status, std::chrono::nanoseconds took) {
  const bool is_error = status >= 500;
  slot_.counters->count(slot_.number, is_error);
  if (group.empty()) return;
  Row& row = row_of(group);
  if (is_error) row.errors.fetch_add(1, std::memory_order_relaxed);
  row.latency.add(took);
}

std::uint64_t Traffic::requests() const {
  return slot_.counters->requests(slot_.number) - requests_before_;
}

std::uint64_t Traffic::errors() const {
  return slot_.counters->errors(slot_.number) - errors_before_;
}

/// Returns the row of the group. It is found once and then remembered.
Traffic::Row& Traffic::row_of(std::string_view group) {
  {
    const base::SharedLock lock(mutex_);
    const auto found = rows_.find(group);
    if (found != rows_.end()) return found->second;
  }
  const base::MutexLock lock(mutex_);
  Row& row = slot_.counters->row(slot_.number, group);
  return rows_.emplace(group, row).first->second;
}

}  // namespace shoal::serving
