#include "deployer/unmatched_names.hpp"

#include <algorithm>
#include <set>

#include "base/nearest.hpp"
#include "shoal/host/config_node.hpp"

namespace shoal::deployer {

std::vector<std::string> unmatched_names(const settings::Settings& settings,
                                         const std::vector<std::string>& modules) {
  std::vector<std::string> lines;
  std::set<std::string> known;  // every module and every folder of modules, dotted
  for (const auto& module : modules) {
    for (auto end = module.size(); end != std::string::npos; end = module.rfind('.', end - 1)) {
      known.insert(module.substr(0, end));
    }
  }
  const auto look_up = [&](const std::string& key, const std::string& name, const auto& names) {
    if (std::ranges::find(names, name) != names.end()) return;
    lines.push_back(key + ": no module " + name + " below " + settings.apps.native() +
                    base::did_you_mean(name, names));
  };
  for (const auto& route : settings.routes) {
    look_up(route.where + ": routes." + route.prefix, route.target, known);
  }
  for (const auto& [group, types] : settings.groups.types) {
    for (const auto& type : types) look_up(settings.groups.where.at(type), type, known);
  }
  for (const auto& [module, config] : settings.modules) {
    const std::string place = config.node() ? config.node()->where : "";
    look_up(place.empty() ? settings.file.native() + ": modules." + module : place, module,
            modules);
  }
  return lines;
}

}  // namespace shoal::deployer
