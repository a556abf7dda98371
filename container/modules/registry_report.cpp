#include <utility>

#include "modules/registry.hpp"

namespace shoal::modules {

std::vector<std::string> Registry::unserved() const {
  std::vector<std::string> names;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, group] : groups_) {
    if (!group.serving && !group.wanted.empty()) names.push_back(name);
  }
  return names;
}

/// What is long is not copied under the mutex, but shared.
std::vector<GroupReport> Registry::report() const {
  struct Shared {
    std::shared_ptr<const Generation> generation;
    std::shared_ptr<const std::vector<std::string>> modules;
  };
  std::vector<GroupReport> reports;
  std::vector<Shared> shared;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, group] : groups_) {
      shared.push_back({group.serving, group.modules});
      GroupReport& report = reports.emplace_back();
      report.group = name;
      report.swept = group.swept;
      report.refusal = group.refusal;
      report.refusals = group.refusals;
      report.generations = group.generations;
      if (!group.refusal.empty()) report.refused = group.refused;
      report.quarantine = group.quarantine;
      for (const auto& [number, holder] : group.live) {
        if (!holder.empty()) report.lingering.push_back({number, holder});
      }
    }
  }
  for (std::size_t i = 0; i < reports.size(); ++i) {
    GroupReport& report = reports[i];
    if (shared[i].modules) report.modules = *shared[i].modules;
    const auto& generation = shared[i].generation;
    if (!generation) continue;
    report.label = generation->label();
    report.number = generation->number();
    report.note = generation->note();
    report.loaded = generation->loaded_at();
    report.files = generation->staged().modules;
  }
  return reports;
}

}  // namespace shoal::modules
