#include "generations/snapshot.hpp"

namespace shoal::generations {

Snapshot::Snapshot(Generations generations, const std::set<std::string>& unloaded)
    : generations_(std::move(generations)) {
  for (const auto& module : unloaded) entries_.emplace(module, Entry{});
  for (const auto& [group, generation] : generations_) {
    for (const auto& [module, handler] : generation->handlers()) {
      entries_.insert_or_assign(module, Entry{handler.get(), generation.get()});
    }
  }
}

const Snapshot::Entry* Snapshot::find(std::string_view module) const {
  const auto found = entries_.find(module);
  return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace shoal::generations
