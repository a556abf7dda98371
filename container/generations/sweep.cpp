#include "generations/sweep.hpp"

#include <algorithm>
#include <utility>

namespace shoal::generations {

using releases::Watching;

namespace {

// How often a request that waits looks whether waiting was stopped.
constexpr std::chrono::milliseconds kNextLook{100};

constexpr std::uint64_t kNothing = ~std::uint64_t{0};  // no value of `reading`: those have 32 bits

}  // namespace

std::set<std::string> groups_that_answer(const releases::Grouping& grouping,
                                         std::string_view destination, std::string_view target) {
  std::set<std::string> groups;
  for (std::string_view name = destination; !name.empty();) {
    groups.insert(grouping.of(name).group);
    groups.insert(grouping.of(std::string(name) + ".index").group);
    const auto dot = name.rfind('.');
    if (name.size() <= target.size() || dot == std::string_view::npos) break;
    name = name.substr(0, dot);
  }
  return groups;
}

Sweep::Sweep(releases::Feed feed, SweepRules rules, releases::Grouping grouping,
             Publisher& publisher)
    : feed_(std::move(feed)),
      page_(*feed_.page),
      rules_(rules),
      grouping_(std::move(grouping)),
      publisher_(publisher),
      cells_(feed_.page),
      in_vain_(kNothing) {}

std::shared_ptr<const Snapshot> Sweep::enter(std::string_view destination, std::string_view target,
                                             const std::function<void()>& before_waiting) {
  if (is_quiet()) return publisher_.snapshot();
  const auto began = Clock::now();
  wait_until_read(began, before_waiting);
  if (!cells_.were_good_at(page_.changes())) {
    for (const auto& group : groups_that_answer(grouping_, destination, target)) {
      if (const auto index = cells_.index_of(group)) {
        wait_until_served(*index, began + rules_.wait, before_waiting);
      }
    }
    cells_.check(publisher_);
  }
  return publisher_.snapshot();
}

/// In this order: an event that was queued before is either still queued, or being judged, or
/// judged.
bool Sweep::is_quiet() const {
  if (feed_.queued() || page_.reading() % 2 != 0) return false;
  if (page_.watching() == Watching::kStat && !is_compared(Clock::now())) return false;
  return cells_.were_good_at(page_.changes());
}

bool Sweep::is_read(Clock::time_point began) const {
  return !feed_.queued() && page_.reading() % 2 == 0 && is_compared(began);
}

bool Sweep::is_compared(Clock::time_point began) const {
  return page_.watching() != Watching::kStat || page_.compared() + rules_.interval >= began;
}

/// Waits until the deployer has read and judged what the kernel had told when the request began. A
/// deployer that is stopped, or dead, keeps each request of this process at most once.
void Sweep::wait_until_read(Clock::time_point began, const std::function<void()>& before_waiting) {
  const auto until = began + rules_.wait;
  for (bool in_full = true;; in_full = false) {
    const std::uint32_t reading = page_.reading();
    if (is_read(began)) return;
    if (!is_compared(began)) feed_.ask_to_compare();
    if (stopped_ || reading == in_vain_.load(std::memory_order_acquire)) return;
    before_waiting();
    if (wait_for_reading(reading, until)) continue;
    // A value that was waited for only for what was left may change soon: the next request waits.
    if (in_full) in_vain_.store(reading, std::memory_order_release);
    return;
  }
}

bool Sweep::wait_for_reading(std::uint32_t seen, Clock::time_point until) const {
  for (;;) {
    const auto now = Clock::now();
    if (page_.wait_for_reading(seen, std::min(until, now + kNextLook))) return true;
    if (stopped_ || now >= until) return false;
  }
}

/// Waits for what is wanted of the group by now; what is dropped from here on is for later
/// requests.
void Sweep::wait_until_served(unsigned index, Clock::time_point until,
                              const std::function<void()>& before_waiting) {
  const std::string_view group = page_.name(index);
  const std::uint64_t wanted = page_.cell(index).wanted;
  for (;;) {
    // Both before the cell: what changes from here on ends the wait below.
    const std::uint32_t changes = page_.changes();
    const Publisher::View view = publisher_.view();
    const releases::Cell cell = page_.cell(index);
    const bool decided = cell.decided >= wanted;
    const bool served = serve(group, cell, *view.snapshot);
    if (decided && served) return;
    const auto now = Clock::now();
    const auto latest = std::min(until, cell.since + rules_.wait);
    if (stopped_ || now >= latest) return;
    const auto next = std::min(latest, now + kNextLook);
    before_waiting();
    if (!decided) {
      page_.wait_for_changes(changes, next);
    } else {
      publisher_.wait_for_change(view.changes, next);
    }
  }
}

/// Returns true if requests see what is to be served; has them see it, if it is ready.
bool Sweep::serve(std::string_view group, const releases::Cell& cell, const Snapshot& snapshot) {
  if (is_served(snapshot, group, cell)) return true;
  const std::string name(group);
  if (cell.serve != 0) return publisher_.publish(name, cell.serve);
  // While something is undecided, what requests see may be newer than the page.
  if (cell.wanted != cell.decided) return false;
  // Only what was seen before the cell was read: what was published since is to stay.
  publisher_.withdraw(name, snapshot.generations().at(name)->number());
  return true;
}

}  // namespace shoal::generations
