// What the loader is told by the registry, and what it tells: the Desk.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "modules/registry.hpp"

namespace shoal::modules {
namespace {

// One serves, one is used up by its last requests; more means that something is held for good.
constexpr std::size_t kMostLive = 3;

// What the machine lacked, descriptors or room, may be there again by then.
constexpr std::chrono::milliseconds kNextTry{1'000};

// Files that changed while they were staged are being written now.
constexpr std::chrono::milliseconds kNextLook{10};

// Who drops may die, and no event tells of it.
constexpr std::chrono::milliseconds kNextLookAtMarker{5};

}  // namespace

std::optional<Order> Registry::take(Clock::time_point& look_again) {
  look_at_ledger(false, look_again);
  for (;;) {
    bool everything = false;
    std::optional<Order> order;
    {
      const std::lock_guard lock(mutex_);
      if (closing_) return std::nullopt;
      sweep(folder_.told());  // a drop that arrived while this group settled is part of it
      order = next(look_again);
      if (!order) everything = std::exchange(doubtful_, false);
    }
    // What to load comes first: most often the ledger has nothing new.
    if (!order && !look_at_ledger(everything, look_again)) return std::nullopt;
    if (order && (order->files.empty() || agree(*order))) return order;
  }
}

std::optional<Order> Registry::next(Clock::time_point& look_again) {
  const auto now = Clock::now();
  if (stale_groups_ != 0 && folder_.held()) {
    look_again = std::min(look_again, now + kNextLookAtMarker);
    return std::nullopt;
  }
  Group* next = nullptr;
  std::string name;
  for (auto& [candidate, group] : groups_) {
    if (!group.stale) continue;
    const auto settled = being_written(group) ? now + rules_.settle : group.settled_at;
    const auto ready = std::max(settled, group.not_before);
    if (ready <= now && !has_room(candidate, group)) continue;
    look_again = std::min(look_again, std::max(ready, now + std::chrono::milliseconds(1)));
    if (ready > now || (next != nullptr && next->settled_at <= group.settled_at)) continue;
    next = &group;
    name = candidate;
  }
  if (next == nullptr) return std::nullopt;
  next->taken = next->drops;
  next->taking = next->wanted;
  return order_of(name, *next);
}

/// Memory must not grow with the number of reloads, not even for those whose code nothing can
/// unmap.
bool Registry::has_room(const std::string& name, Group& group) {
  if (group.live.size() < kMostLive || group.wanted.empty()) {
    group.waits_for_oldest = false;
    return true;
  }
  if (!std::exchange(group.waits_for_oldest, true)) {
    const auto& [number, holder] = *group.live.begin();
    spdlog::warn("{}: a reload waits: {} generations of it are still mapped; the oldest, {}/{}: {}",
                 name, group.live.size(), name, number,
                 holder.empty() ? "requests that began with it still run"
                                : holder + "; send SIGHUP to replace this process by a new one");
  }
  return false;
}

Order Registry::order_of(const std::string& name, const Group& group) const {
  Order order{name, 0, group.wanted, {}};
  order.wish = {{}, group.number, !group.swept, group.fall_back};
  order.apps = std::make_shared<const Apps>(Apps{folder_.path(), folder_.files(), grouping_});
  if (group.serving) {
    for (const auto& [module, handler] : group.serving->handlers()) order.handlers.insert(module);
  }
  return order;
}

void Registry::publish(const Order& order, std::shared_ptr<const Generation> generation) {
  // Ahead of the first request, which may crash: then it must be known what it crashed in.
  Ledger::Published published;
  if (generation) {
    published = ledger_.publish(order.group, order.terms);
  } else {
    ledger_.end(order.group);
  }
  std::shared_ptr<const Generation> old;  // released, like the old snapshot, without the mutex
  std::shared_ptr<const Snapshot> snapshot;
  {
    const std::lock_guard lock(mutex_);
    if (closing_) return;
    Group& group = groups_.at(order.group);
    if (generation) {
      group.number = order.number;
      group.live.emplace(order.number, std::string());
      say_what_is_withdrawn(group, order);
      spdlog::info("{}: live, {} modules{}", generation->label(), order.files.size(),
                   order.note.empty() ? "" : " (" + order.note + ")");
    } else {
      spdlog::info("{}: all its files are gone; it is no longer served", order.group);
    }
    old = std::exchange(group.serving, std::move(generation));
    snapshot = snapshot_;
    group.served = order.terms;
    group.served_files = order.files;
    group.quarantine = order.terms.quarantine;
    group.doubted |= published.moved_on;
    group.generations = std::max(group.generations, published.generations);
    if (!order.wish.refused) group.refusal.clear();
    replace_snapshot();
    conclude(group, order);
  }
  judged_.notify_all();
  if (!order.files.empty()) ledger_.tidy(order.group);
}

void Registry::refuse(const Order& order, const std::string& why) {
  ledger_.give_back(order.group, order.terms);
  // The replacement failed too; the quarantined files must not come back.
  if (order.terms.quarantine && order.terms.kept) return withdraw(order, why);
  const bool falls_back = can_fall_back(order);
  {
    const std::lock_guard lock(mutex_);
    if (closing_) return;
    Group& group = groups_.at(order.group);
    if (order.wish.refused) {
      spdlog::error(
          "{}: the files that served before cannot be loaded: {}; the group is not served",
          order.group, why);
    } else {
      note_refusal(group, why);
      ++group.refusals;
      spdlog::error("{}: drop refused: {}; {}", order.group, why,
                    group.serving ? "still serving " + group.serving->label()
                    : falls_back  ? "serving the files that served before"
                                  : "the group is not served");
    }
    const unsigned long judged = group.judged;
    conclude(group, order);
    if (falls_back) {
      group.judged = judged;  // who waits for this drop waits on
      group.fall_back = true;
      judge(group);
    }
  }
  judged_.notify_all();
}

void Registry::note_refusal(Group& group, const std::string& why) {
  group.refusal = why;
  group.refused = std::chrono::system_clock::now();
}

void Registry::put_back(const Order& order, const std::string& why) {
  ledger_.give_back(order.group, order.terms);
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  folder_.doubt();
  Group& group = groups_.at(order.group);
  group.not_before = Clock::now() + std::max(rules_.settle, why.empty() ? kNextLook : kNextTry);
  const std::string refusal = "cannot be loaded now: " + why;
  if (why.empty() || group.refusal == refusal) return;
  note_refusal(group, refusal);
  spdlog::error("{}: {}", order.group, refusal);
}

void Registry::linger(const std::string& group, unsigned long number, const std::string& holder) {
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  groups_.at(group).live[number] = holder;
}

void Registry::forget(const std::string& group, unsigned long number) {
  const std::lock_guard lock(mutex_);
  if (!closing_) groups_.at(group).live.erase(number);
}

}  // namespace shoal::modules
