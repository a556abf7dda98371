#include "releases/apps/settling.hpp"

#include <algorithm>

namespace shoal::releases {
namespace {

/// Returns true if both are one file of the same module, which cannot disagree with itself.
bool is_one_file(const Files& wanted, const Files& tried) {
  return wanted.size() == 1 && tried.size() == 1 && wanted.begin()->first == tried.begin()->first;
}

}  // namespace

std::chrono::nanoseconds left_to_settle(const Folder& folder, const Files& wanted,
                                        const Files& tried, std::chrono::milliseconds settle) {
  const std::chrono::nanoseconds needed =
      is_one_file(wanted, tried) ? kClockTick : std::max(settle, kClockTick);
  const bool removed =
      std::ranges::any_of(tried, [&](const auto& entry) { return !wanted.contains(entry.first); });
  if (removed) return needed;
  std::chrono::nanoseconds quiet = needed;
  for (const auto& [module, file] : wanted) {
    const auto before = tried.find(module);
    if (before != tried.end() && before->second == file) continue;
    // Whole, and by its own time unlike all files before it: neither to settle nor to tick for.
    if (folder.dropped_whole(module)) continue;
    quiet = std::min(quiet, folder.quiet_for(file));
  }
  return needed - quiet;
}

std::chrono::steady_clock::time_point settled_at(const Folder& folder, const Files& wanted,
                                                 const Files& tried, const SettlingRules& rules,
                                                 std::chrono::steady_clock::time_point since) {
  const auto left = left_to_settle(folder, wanted, tried, rules.settle);
  const auto latest = since + std::max({rules.wait, rules.settle, kClockTick});
  return std::min(std::chrono::steady_clock::now() + left, latest);
}

bool being_written(const Folder& folder, const Files& files) {
  return std::ranges::any_of(files,
                             [&](const auto& entry) { return folder.being_written(entry.first); });
}

}  // namespace shoal::releases
