#include "generations/publisher.hpp"

#include <utility>

namespace shoal::generations {
namespace {

bool has_number(const Snapshot::Generations& generations, const std::string& group,
                unsigned long number) {
  const auto found = generations.find(group);
  return found != generations.end() && found->second->number() == number;
}

Numbers numbers_of(const Snapshot::Generations& generations) {
  Numbers numbers;
  for (const auto& [group, generation] : generations) numbers.emplace(group, generation->number());
  return numbers;
}

}  // namespace

Publisher::Publisher() {
  const base::MutexLock lock(changing_);
  replace_snapshot();
}

std::shared_ptr<const Snapshot> Publisher::snapshot() const {
  const base::MutexLock lock(mutex_);
  return view_.snapshot;
}

Publisher::View Publisher::view() const {
  const base::MutexLock lock(mutex_);
  return view_;
}

bool Publisher::wait_for_change(std::uint64_t seen,
                                std::chrono::steady_clock::time_point until) const {
  base::MutexLock lock(mutex_);
  while (view_.changes == seen) {
    if (changed_.wait_until(lock, until) == std::cv_status::timeout) break;
  }
  return view_.changes != seen;
}

bool Publisher::has(const std::string& group, unsigned long number) const {
  const base::MutexLock lock(changing_);
  return has_number(ready_, group, number) || has_number(published_, group, number);
}

void Publisher::hold_ready(Held generation) {
  {
    const base::MutexLock lock(changing_);
    if (closed_) return;
    const std::string& group = generation->group();
    ready_.insert_or_assign(group, std::move(generation));
    const base::MutexLock view_lock(mutex_);
    ++view_.changes;
  }
  changed_.notify_all();
}

bool Publisher::publish(const std::string& group, unsigned long number) {
  const base::MutexLock lock(changing_);
  if (has_number(published_, group, number)) return true;
  if (!has_number(ready_, group, number)) return false;
  auto ready = ready_.extract(group);
  published_.insert_or_assign(group, std::move(ready.mapped()));
  replace_group(group);
  return true;
}

void Publisher::publish_only(const Numbers& list) {
  const base::MutexLock lock(changing_);
  for (const auto& [group, number] : list) {
    if (!has_number(ready_, group, number)) continue;
    auto ready = ready_.extract(group);
    published_.insert_or_assign(group, std::move(ready.mapped()));
  }
  std::erase_if(published_, [&list](const auto& each) { return !list.contains(each.first); });
  replace_snapshot();
}

void Publisher::discard(const std::string& group, unsigned long number) {
  const base::MutexLock lock(changing_);
  if (has_number(ready_, group, number)) ready_.erase(group);
}

void Publisher::withdraw(const std::string& group) {
  const base::MutexLock lock(changing_);
  if (published_.erase(group) != 0) replace_group(group);
}

void Publisher::withdraw(const std::string& group, unsigned long number) {
  const base::MutexLock lock(changing_);
  if (!has_number(published_, group, number)) return;
  published_.erase(group);
  replace_group(group);
}

void Publisher::set_present(Present present) {
  const base::MutexLock lock(changing_);
  present_ = std::move(present);
  replace_snapshot();
}

Numbers Publisher::published() const {
  const base::MutexLock lock(changing_);
  return numbers_of(published_);
}

Numbers Publisher::ready() const {
  const base::MutexLock lock(changing_);
  return numbers_of(ready_);
}

void Publisher::close() {
  const base::MutexLock lock(changing_);
  closed_ = true;
  published_.clear();
  ready_.clear();
  replace_snapshot();
}

void Publisher::replace_snapshot() {
  Snapshot::Names unloaded;
  for (const auto& [group, modules] : present_) {
    if (!published_.contains(group)) unloaded.insert(modules.begin(), modules.end());
  }
  show(std::make_shared<const Snapshot>(published_, unloaded));
}

/// Shows what the group has now; nothing of other groups has changed.
void Publisher::replace_group(const std::string& group) {
  const auto published = published_.find(group);
  const auto present = present_.find(group);
  show(std::make_shared<const Snapshot>(
      *snapshot(), group, published == published_.end() ? nullptr : published->second,
      present == present_.end() ? Snapshot::Names() : present->second));
}

void Publisher::show(std::shared_ptr<const Snapshot> snapshot) {
  {
    const base::MutexLock lock(mutex_);
    view_.snapshot.swap(snapshot);
    ++view_.changes;
  }
  changed_.notify_all();
}

}  // namespace shoal::generations
