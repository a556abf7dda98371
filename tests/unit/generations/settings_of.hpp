#pragma once

#include <map>
#include <memory>
#include <string>

#include "shoal/config.hpp"
#include "shoal/host/config_node.hpp"

namespace shoal::generations {

/// What conf/shoal.yaml would hand a module that has these lines.
inline Config settings_of(const std::map<std::string, std::string>& lines) {
  const auto map = std::make_shared<Config::Node>();
  map->where = "conf/shoal.yaml:1: modules.test";
  for (const auto& [key, value] : lines) {
    const auto scalar = std::make_shared<Config::Node>();
    scalar->kind = Config::Node::Kind::kScalar;
    scalar->where = map->where + "." + key;
    scalar->scalar = value;
    map->map.emplace_back(key, scalar);
  }
  return Config(map);
}

}  // namespace shoal::generations
