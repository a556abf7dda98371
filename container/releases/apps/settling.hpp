#pragma once

#include <chrono>

#include "releases/apps/folder.hpp"
#include "releases/apps/identity.hpp"

namespace shoal::releases {

/// Kernels before 6.13 stamp files with a clock that ticks every 1 to 10 ms: what is written twice
/// within a tick, and keeps its size, looks the same. So nothing younger than that is loaded.
inline constexpr std::chrono::milliseconds kClockTick{10};

/// For how long a group's files must be quiet before they are taken.
struct SettlingRules {
  std::chrono::milliseconds settle{100};  ///< less than kClockTick counts as kClockTick
  std::chrono::milliseconds wait{5'000};  ///< what a request waits for a group at most
};

/// Returns how much longer `wanted`, the files of a group, must stay as they are until they may be
/// taken; zero or less if they may be now. `tried`: the files that the group was last judged by.
///
/// The files that differ from `tried` must be quiet for `settle`; the times on disk tell for how
/// long they have been already. Exceptions:
/// - a group of one file, before and after, only waits for the clock to tick;
/// - a file that `shoal drop` renamed into place is not waited for;
/// - no time on disk tells when a file was removed: `settle` begins now.
std::chrono::nanoseconds left_to_settle(const Folder& folder, const Files& wanted,
                                        const Files& tried, std::chrono::milliseconds settle);

/// Returns when the group will have settled: after left_to_settle, but at most max(wait, settle)
/// after `since`, when the group became stale, however often its files change.
std::chrono::steady_clock::time_point settled_at(const Folder& folder, const Files& wanted,
                                                 const Files& tried, const SettlingRules& rules,
                                                 std::chrono::steady_clock::time_point since);

/// Returns true if a program has one of the files open that it has made: nothing complete is due.
bool being_written(const Folder& folder, const Files& files);

}  // namespace shoal::releases
