#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>

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

}  // namespace shoal::generations
