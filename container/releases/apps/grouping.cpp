#include "releases/apps/grouping.hpp"

#include <algorithm>
#include <utility>

namespace shoal::releases {
namespace {

std::string_view top_of(std::string_view module) { return module.substr(0, module.find('.')); }

}  // namespace

Grouping Grouping::never() { return Grouping(Rule::kNever); }

Grouping Grouping::top_level() { return Grouping(Rule::kTopLevel); }

Grouping Grouping::listed(const std::map<std::string, std::vector<std::string>>& types) {
  Grouping grouping(Rule::kListed);
  for (const auto& [group, listed] : types) {
    for (const auto& type : listed) grouping.group_of_type_[type] = group;
  }
  return grouping;
}

std::string Grouping::line_that_joins(std::string_view asking, std::string_view needed) const {
  const Membership membership = of(asking);
  std::vector<std::string> types = types_around(asking);
  for (auto& type : types_around(needed)) {
    if (std::ranges::find(types, type) == types.end()) types.push_back(std::move(type));
  }
  std::string line = "groups: { ";
  line += membership.swept ? membership.group : std::string(top_of(asking));
  std::string_view separator = ": [";
  for (const auto& type : types) line.append(std::exchange(separator, ", ")).append(type);
  return line + "] }";
}

/// All types of the module's group; of a module of no group, itself.
std::vector<std::string> Grouping::types_around(std::string_view module) const {
  if (rule_ != Rule::kListed) return {std::string(top_of(module))};
  const Membership membership = of(module);
  if (!membership.swept) return {std::string(module)};
  std::vector<std::string> types;
  for (const auto& [type, group] : group_of_type_) {
    if (group == membership.group) types.push_back(type);
  }
  return types;
}

Membership Grouping::of(std::string_view module) const {
  const std::string top(top_of(module));
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

}  // namespace shoal::releases
