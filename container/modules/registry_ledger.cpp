// What the registry agrees on with those of other processes.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "releases/history/fingerprint.hpp"
#include "releases/linking/load_error.hpp"
#include "modules/registry.hpp"

namespace shoal::modules {
namespace {

// What the machine lacked, descriptors most often, may be there again by then.
constexpr std::chrono::milliseconds kNextTry{1'000};

std::string text_of(const Quarantine& quarantine) {
  return std::to_string(quarantine.generation) + (quarantine.earlier ? " of an earlier start" : "");
}

}  // namespace

bool Registry::reconsider(const std::string& group) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = groups_.find(group);
    if (found == groups_.end()) return false;
    found->second.doubted = true;
  }
  loader_->wake();
  return true;
}

bool Registry::reload(const std::string& group) {
  {
    const std::lock_guard lock(mutex_);
    if (!groups_.contains(group)) return false;
  }
  return ledger_.renew(group) && reconsider(group);
}

/// Looks for what other processes have done: to the groups that somebody said it of, or to every
/// one. Whether anything is due of it.
bool Registry::look_at_ledger(bool everything, Clock::time_point& look_again) {
  std::vector<std::pair<std::string, Wish>> wishes;
  {
    const std::lock_guard lock(mutex_);
    if (closing_) return false;
    for (auto& [name, group] : groups_) {
      const bool doubted = std::exchange(group.doubted, false) || everything;
      // What is stale will be agreed on when its turn comes.
      if (doubted && !group.stale && !group.tried.empty()) wishes.emplace_back(name, group.wish);
    }
  }
  bool due = false;
  for (const auto& [name, wish] : wishes) {
    try {
      due |= look_at_ledger_for(name, wish);
    } catch (const Unavailable&) {
      // Later, then: of what is not known nothing is due.
      const std::lock_guard lock(mutex_);
      if (!closing_) groups_.at(name).doubted = true;
      look_again = std::min(look_again, Clock::now() + kNextTry);
    }
  }
  return due;
}

bool Registry::look_at_ledger_for(const std::string& name, const Wish& wish) {
  const Terms terms = ledger_.look_up(name, wish);
  const std::lock_guard lock(mutex_);
  if (closing_) return false;
  // What others have published since may be of a drop that is not known here yet.
  // Whatever was learned of, of this group or another, is due: no request's sweep will tell again.
  const bool learned = sweep(folder_.told());
  Group& group = groups_.at(name);
  if (learned || group.stale) return true;
  const bool same = terms.files == group.terms.files && terms.epoch == group.terms.epoch;
  const bool overtaken = group.serving && terms.live > group.serving->number();
  if (same && !overtaken) return false;
  group.due = true;
  ++group.drops;
  renew(name);
  return true;
}

/// Learns what the order is to be made of, and its number. False: it is dealt with.
bool Registry::agree(Order& order) try {
  order.wish.files = fingerprint_of(order.files);
  order.terms = ledger_.claim(order.group, order.wish);
  order.number = order.terms.number;
  std::optional<KeptFiles> kept;
  while (order.terms.kept && !order.terms.files.empty() &&
         !(kept = ledger_.kept().find(order.group, order.terms.files))) {
    // Not kept any more, so that other files, or none, are the last good ones.
    ledger_.give_back(order.group, order.terms);
    if (ledger_.kept().has(order.group, order.terms.files)) break;  // it could not be removed
    order.terms = ledger_.claim(order.group, order.wish);
    order.number = order.terms.number;
  }
  const auto& quarantine = order.terms.quarantine;
  if (order.terms.kept) {
    if (!kept) {
      refuse(order, "no earlier good files are kept");
      return false;
    }
    order.files = kept->files;
    order.copies = kept->copies;
    order.handlers.clear();  // the files that serve by now are to be left, whatever they have
  }
  if (quarantine) order.note = "instead of " + text_of(*quarantine) + ", quarantined";
  return true;
} catch (const Unavailable& error) {
  put_back(order, error.what());
  return false;
}

/// The group's files are in quarantine, and nothing can stand in for them.
void Registry::withdraw(const Order& order, const std::string& why) {
  std::shared_ptr<const Generation> old;  // released, like the old snapshot, without the mutex
  std::shared_ptr<const Snapshot> snapshot;
  {
    const std::lock_guard lock(mutex_);
    if (closing_) return;
    Group& group = groups_.at(order.group);
    const Quarantine& quarantine = *order.terms.quarantine;
    note_refusal(group, order.group + "/" + text_of(quarantine) + " is in quarantine after " +
                            std::to_string(quarantine.crashes) +
                            " crashes, and no other files can serve instead: " + why + "; " +
                            remedy(order));
    spdlog::error("{}: {}; the group is not served", order.group, group.refusal);
    old = std::exchange(group.serving, nullptr);
    snapshot = snapshot_;
    group.quarantine = quarantine;
    replace_snapshot();
    conclude(group, order);
  }
  judged_.notify_all();
}

/// Once for each quarantine.
void Registry::say_what_is_withdrawn(const Group& group, const Order& order) const {
  const auto& quarantine = order.terms.quarantine;
  if (!quarantine || quarantine == group.quarantine) return;
  spdlog::error(
      "{}/{}: in quarantine after {} crashes; the last good files serve instead, as {}; to end the "
      "quarantine, {}",
      order.group, text_of(*quarantine), quarantine->crashes, order.label(), remedy(order));
}

std::string Registry::remedy(const Order& order) {
  return order.wish.pinned ? "drop new files and run `shoal reload " + order.group + "`"
                           : "drop new files";
}

/// Whether another process serves something that was good, which this one never had.
bool Registry::can_fall_back(const Order& order) const try {
  if (order.wish.refused || order.files.empty()) return false;
  {
    const std::lock_guard lock(mutex_);
    const auto group = groups_.find(order.group);
    if (group == groups_.end() || group->second.serving) return false;
  }
  Wish wish = order.wish;
  wish.refused = true;
  return !ledger_.look_up(order.group, wish).files.empty();
} catch (const Unavailable&) {
  return false;
}

}  // namespace shoal::modules
