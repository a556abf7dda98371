#include "serving/traffic.hpp"

namespace shoal::serving {

void Traffic::add(std::string_view group, int status, std::chrono::nanoseconds took) {
  const bool is_error = status >= 500;
  ++requests_;
  if (is_error) ++errors_;
  if (group.empty()) return;
  Counters& counters = counters_of(group);
  if (is_error) ++counters.errors;
  counters.latency.add(took);
}

/// Returns the counters of the group; makes them if it has none yet. They are never removed, so the
/// reference stays valid.
Traffic::Counters& Traffic::counters_of(std::string_view group) {
  {
    const base::SharedLock lock(mutex_);
    const auto found = groups_.find(group);
    if (found != groups_.end()) return *found->second;
  }
  const base::MutexLock lock(mutex_);
  auto& counters = groups_[std::string(group)];
  if (!counters) counters = std::make_unique<Counters>();
  return *counters;
}

Traffic::OfGroup Traffic::of(std::string_view group) const {
  const base::SharedLock lock(mutex_);
  const auto found = groups_.find(group);
  if (found == groups_.end()) return {};
  OfGroup answered{0, found->second->errors, found->second->latency.histogram()};
  answered.requests = answered.latency.count();
  return answered;
}

}  // namespace shoal::serving
