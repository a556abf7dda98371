#include "generations/snapshot.hpp"

#include <algorithm>
#include <iterator>

namespace shoal::generations {
namespace {

constexpr auto kName = [](const auto& entry) -> const std::string& { return entry.first; };

}  // namespace

Snapshot::Snapshot(Generations generations, const Names& unloaded)
    : generations_(std::move(generations)) {
  for (const auto& [group, generation] : generations_) add(entries_, *generation);
  for (const auto& module : unloaded) entries_.emplace_back(module, Entry{});
  std::ranges::stable_sort(entries_, {}, kName);  // a handler before a name that has none
}

Snapshot::Snapshot(const Snapshot& before, const std::string& group,
                   std::shared_ptr<const Generation> generation, const Names& unloaded)
    : generations_(before.generations_) {
  const auto old = generations_.find(group);
  const Generation* const gone = old == generations_.end() ? nullptr : old->second.get();
  entries_.reserve(before.entries_.size() + unloaded.size());
  std::ranges::copy_if(before.entries_, std::back_inserter(entries_), [&](const auto& each) {
    return each.second.generation == nullptr ? !unloaded.contains(each.first)
                                             : each.second.generation != gone;
  });
  Entries added;
  if (generation == nullptr) {
    generations_.erase(group);
    for (const auto& module : unloaded) added.emplace_back(module, Entry{});
  } else {
    add(added, *generation);
    generations_.insert_or_assign(group, std::move(generation));
  }
  const auto middle = entries_.insert(entries_.end(), added.begin(), added.end());
  std::ranges::inplace_merge(entries_, middle, {}, kName);
}

/// By name, as the handlers are.
void Snapshot::add(Entries& entries, const Generation& generation) {
  for (const auto& [module, handler] : generation.handlers()) {
    entries.emplace_back(module, Entry{handler.get(), &generation, &generation.latency_of(module)});
  }
}

const Snapshot::Entry* Snapshot::find(std::string_view module) const {
  const auto found = std::ranges::lower_bound(entries_, module, {}, kName);
  return found == entries_.end() || found->first != module ? nullptr : &found->second;
}

}  // namespace shoal::generations
