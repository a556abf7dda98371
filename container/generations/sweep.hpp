#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "generations/cells.hpp"
#include "generations/publisher.hpp"
#include "releases/apps/grouping.hpp"
#include "releases/freshness/feed.hpp"

namespace shoal::generations {

/// What a worker's sweep needs to know of the configuration.
struct SweepRules {
  std::chrono::milliseconds interval{1'000};  ///< of comparing, where inotify cannot serve
  std::chrono::milliseconds wait{5'000};      ///< what a request waits for a load at most
};

/// Returns the groups that can answer a request for `destination`, the longest dotted name that the
/// path may mean, below `target`, the name that its route stands for: those of every name from
/// `destination` up to `target`, and of an `index` in each. A pure function.
std::set<std::string> groups_that_answer(const releases::Grouping& grouping,
                                         std::string_view destination, std::string_view target);

/// Finds out, at the start of a request, whether what requests see is what the page says is to be
/// served, and waits if it is not. Safe to use from any thread.
class Sweep {
 public:
  /// `publisher` outlives this.
  Sweep(releases::Feed feed, SweepRules rules, releases::Grouping grouping, Publisher& publisher);

  /// Returns the snapshot that a request for `destination` is answered from. Waits at most
  /// `rules.wait`, and for no other groups than those that can answer. Calls `before_waiting` each
  /// time before it waits.
  std::shared_ptr<const Snapshot> enter(std::string_view destination, std::string_view target,
                                        const std::function<void()>& before_waiting);

  /// From now on no request waits. Those that wait go on within a tenth of a second, and see what
  /// was last decided.
  void stop_waiting() { stopped_ = true; }

 private:
  using Clock = std::chrono::steady_clock;

  bool is_quiet() const;
  bool is_read(Clock::time_point began) const;
  bool is_compared(Clock::time_point began) const;
  void wait_until_read(Clock::time_point began, const std::function<void()>& before_waiting);
  bool wait_for_reading(std::uint32_t seen, Clock::time_point until) const;
  void wait_until_served(unsigned index, Clock::time_point until,
                         const std::function<void()>& before_waiting);
  bool serve(std::string_view group, const releases::Cell& cell, const Snapshot& snapshot);

  const releases::Feed feed_;
  const releases::Page& page_;  // the feed's
  const SweepRules rules_;
  const releases::Grouping grouping_;
  Publisher& publisher_;
  Cells cells_;
  std::atomic<bool> stopped_ = false;
  std::atomic<std::uint64_t> in_vain_;  // value of `reading` that a request has waited for in vain
};

}  // namespace shoal::generations
