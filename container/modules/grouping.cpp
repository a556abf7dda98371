#include "modules/grouping.hpp"

namespace shoal::modules {

Grouping Grouping::never() { return Grouping(Rule::kNever); }

Grouping Grouping::top_level() { return Grouping(Rule::kTopLevel); }

Grouping Grouping::listed(const std::map<std::string, std::vector<std::string>>& types) {
  Grouping grouping(Rule::kListed);
  for (const auto& [group, listed] : types) {
    for (const auto& type : listed) grouping.group_of_type_[type] = group;
  }
  return grouping;
}

Membership Grouping::of(std::string_view module) const {
  const std::string top(module.substr(0, module.find('.')));
  if (rule_ == Rule::kTopLevel) return {top, true};
  // Shortening the name segment by segment meets the longest type first.
  for (std::string_view type = module; rule_ == Rule::kListed;) {
    if (const auto found = group_of_type_.find(type); found != group_of_type_.end()) {
      return {found->second, true};
    }
    const auto dot = type.rfind('.');
    if (dot == std::string_view::npos) break;
    type = type.substr(0, dot);
  }
  return {"pinned." + top, false};
}

}  // namespace shoal::modules
