#include "releases/freshness/page.hpp"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <ctime>
#include <system_error>

#include "base/shared_memory.hpp"
#include "releases/apps/name.hpp"

namespace shoal::releases {
namespace {

using Clock = std::chrono::steady_clock;
using Word = std::atomic<std::uint32_t>;

// A group is named by a module's first segment, or `pinned.` and that, or as the settings say.
constexpr std::size_t kLongestGroup = kLongestName + 8;

/// Wakes all that wait for the word, in whatever process.
void wake(Word& word) { ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0); }

/// Waits until the word differs from `seen`; see futex(2). The clock is steady_clock's.
bool wait_for(Word& word, std::uint32_t seen, Clock::time_point until) {
  while (word.load(std::memory_order_acquire) == seen) {
    const auto left = until.time_since_epoch();
    if (Clock::now() >= until) return false;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec deadline{seconds.count(), (left - seconds).count()};
    ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, seen, &deadline, nullptr,
              FUTEX_BITSET_MATCH_ANY);
  }
  return true;
}

std::int64_t count_of(Clock::time_point when) { return when.time_since_epoch().count(); }

Clock::time_point time_of(std::int64_t count) { return Clock::time_point(Clock::duration(count)); }

}  // namespace

struct Page::Memory {
  struct Group {
    std::array<char, kLongestGroup + 1> name{};
    std::atomic<std::uint64_t> wanted{0};
    std::atomic<std::uint64_t> decided{0};
    std::atomic<std::uint64_t> serve{0};
    std::atomic<std::int64_t> since{0};
  };

  Word reading{0};
  Word changes{0};
  Word watching{0};
  Word groups{0};
  std::atomic<std::int64_t> compared{0};
  std::array<Group, kMostGroups> cells{};
};

std::shared_ptr<Page> Page::make() {
  // All members begin with zero.
  void* const memory = base::map_shared(sizeof(Memory), "cannot map the page of freshness");
  return std::shared_ptr<Page>(new Page(static_cast<Memory*>(memory)));
}

Page::~Page() { ::munmap(memory_, sizeof(Memory)); }

void Page::protect() { ::mprotect(memory_, sizeof(Memory), PROT_READ); }

std::uint32_t Page::reading() const { return memory_->reading.load(std::memory_order_acquire); }

std::uint32_t Page::changes() const { return memory_->changes.load(std::memory_order_acquire); }

bool Page::wait_for_reading(std::uint32_t seen, Clock::time_point until) const {
  return wait_for(memory_->reading, seen, until);
}

bool Page::wait_for_changes(std::uint32_t seen, Clock::time_point until) const {
  return wait_for(memory_->changes, seen, until);
}

Watching Page::watching() const {
  return static_cast<Watching>(memory_->watching.load(std::memory_order_acquire));
}

Clock::time_point Page::compared() const {
  return time_of(memory_->compared.load(std::memory_order_acquire));
}

unsigned Page::groups() const {
  return std::min(memory_->groups.load(std::memory_order_acquire), kMostGroups);
}

std::string_view Page::name(unsigned index) const { return memory_->cells.at(index).name.data(); }

Cell Page::cell(unsigned index) const {
  const auto& group = memory_->cells.at(index);
  Cell cell;
  // `decided` before `serve`, which is stored first: so what was decided is there to be seen.
  cell.wanted = group.wanted.load(std::memory_order_acquire);
  cell.decided = group.decided.load(std::memory_order_acquire);
  cell.serve = group.serve.load(std::memory_order_acquire);
  cell.since = time_of(group.since.load(std::memory_order_acquire));
  return cell;
}

void Page::begin_reading() {
  const std::uint32_t now = memory_->reading.load();
  // The next odd number, also if a deployer died while it was odd.
  memory_->reading.store(now + (now % 2 == 0 ? 1 : 2));
  wake(memory_->reading);
}

void Page::end_reading() {
  memory_->reading.fetch_add(1, std::memory_order_release);
  wake(memory_->reading);
}

void Page::set_watching(Watching watching) {
  memory_->watching.store(static_cast<std::uint32_t>(watching), std::memory_order_release);
}

void Page::set_compared(Clock::time_point when) {
  memory_->compared.store(count_of(when), std::memory_order_release);
}

std::optional<unsigned> Page::add(std::string_view group) {
  const unsigned all = groups();
  // The first time, all that a predecessor has added.
  for (auto index = static_cast<unsigned>(indexes_.size()); index < all; ++index) {
    indexes_.emplace(name(index), index);
  }
  if (const auto known = indexes_.find(group); known != indexes_.end()) return known->second;
  if (all == kMostGroups || group.size() > kLongestGroup) return std::nullopt;
  // A cell that a killed deployer had begun to fill in is filled in again.
  auto& cell = memory_->cells.at(all);
  cell.name.fill('\0');
  std::ranges::copy(group, cell.name.begin());
  memory_->groups.store(all + 1, std::memory_order_release);
  return all;
}

void Page::want(unsigned index, Clock::time_point since) {
  auto& cell = memory_->cells.at(index);
  cell.since.store(count_of(since), std::memory_order_release);
  cell.wanted.fetch_add(1, std::memory_order_release);
  changed();
}

void Page::decide(unsigned index, std::uint64_t wanted) {
  memory_->cells.at(index).decided.store(wanted, std::memory_order_release);
  changed();
}

void Page::serve(unsigned index, std::uint64_t number, std::uint64_t wanted) {
  memory_->cells.at(index).serve.store(number, std::memory_order_release);
  decide(index, wanted);
}

void Page::reset(unsigned index, std::uint64_t serve) {
  memory_->cells.at(index).serve.store(serve, std::memory_order_release);
  changed();
}

void Page::changed() {
  memory_->changes.fetch_add(1, std::memory_order_release);
  wake(memory_->changes);
}

}  // namespace shoal::releases
