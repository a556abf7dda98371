#include "releases/probing/trial.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "shoal/host/config_node.hpp"

namespace shoal::releases {
namespace {

using nlohmann::json;
using Node = Config::Node;

json json_of(const Node& node) {
  json all{{"kind", static_cast<int>(node.kind)}, {"where", node.where}};
  if (node.kind == Node::Kind::kScalar) all["scalar"] = node.scalar;
  for (const auto& child : node.list) all["list"].push_back(json_of(*child));
  for (const auto& [key, child] : node.map) all["map"].push_back({key, json_of(*child)});
  return all;
}

std::shared_ptr<const Node> node_of(const json& all) {
  auto node = std::make_shared<Node>();
  node->kind = static_cast<Node::Kind>(all.at("kind").get<int>());
  node->where = all.at("where");
  node->scalar = all.value("scalar", std::string());
  for (const auto& child : all.value("list", json::array())) node->list.push_back(node_of(child));
  for (const auto& child : all.value("map", json::array())) {
    node->map.emplace_back(child.at(0), node_of(child.at(1)));
  }
  return node;
}

}  // namespace

// CBOR, for settings are bytes, and JSON must be UTF-8.
std::string text_of(const Trial& trial) {
  json configs = json::object();
  for (const auto& [module, config] : trial.configs) {
    if (config.node()) configs[module] = json_of(*config.node());
  }
  std::string text;
  json::to_cbor(json{{"staged", text_of(trial.staged)},
                     {"current", trial.current ? text_of(*trial.current) : ""},
                     {"configs", configs}},
                text);
  return text;
}

Trial trial_of(const std::string& text) {
  const json all = json::from_cbor(text);
  Trial trial{.staged = staged_of(all.at("staged")), .configs = {}};
  const std::string current = all.at("current");
  if (!current.empty()) trial.current = staged_of(current);
  for (const auto& [module, config] : all.at("configs").items()) {
    trial.configs.emplace(module, Config(node_of(config)));
  }
  return trial;
}

}  // namespace shoal::releases
