#include "generations/cells.hpp"

namespace shoal::generations {

bool is_served(const Snapshot& snapshot, std::string_view group, const releases::Cell& cell) {
  const auto found = snapshot.generations().find(std::string(group));
  const bool none = found == snapshot.generations().end();
  if (cell.serve == 0) return none || cell.decided == 0;
  return !none && found->second->number() >= cell.serve;
}

std::optional<unsigned> Cells::index_of(std::string_view group) {
  const base::MutexLock lock(mutex_);
  for (auto next = static_cast<unsigned>(indexes_.size()); next < page_->groups(); ++next) {
    indexes_.emplace(page_->name(next), next);
  }
  const auto found = indexes_.find(group);
  if (found == indexes_.end()) return std::nullopt;
  return found->second;
}

void Cells::check(const Publisher& publisher) {
  const base::MutexLock lock(mutex_);
  // Both before the cells: what changes from here on is looked at again.
  const std::uint32_t changes = page_->changes();
  const Publisher::View view = publisher.view();
  if (page_changes_ == changes && held_changes_ == view.changes) return;
  page_changes_ = changes;
  held_changes_ = view.changes;
  const unsigned groups = page_->groups();
  served_.resize(groups, 0);
  bool all = true;
  for (unsigned index = 0; index < groups; ++index) all &= is_good(index, *view.snapshot);
  if (all) good_at_.store(changes, std::memory_order_release);
}

bool Cells::is_good(unsigned index, const Snapshot& snapshot) {
  const releases::Cell cell = page_->cell(index);
  if (cell.serve == 0 || served_[index] != cell.serve) {
    if (!is_served(snapshot, page_->name(index), cell)) return false;
    served_[index] = cell.serve;
  }
  return cell.wanted == cell.decided;
}

}  // namespace shoal::generations
