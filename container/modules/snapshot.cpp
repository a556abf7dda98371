#include "modules/snapshot.hpp"

namespace shoal::modules {

Snapshot::Snapshot(Generations generations, const Files& unloaded)
    : generations_(std::move(generations)) {
  for (const auto& [module, file] : unloaded) entries_.emplace(module, Entry{});
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

}  // namespace shoal::modules
