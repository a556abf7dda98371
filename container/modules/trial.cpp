#include "modules/trial.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "shoal/host/config_node.hpp"

namespace shoal::modules {
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

json json_of(const Opening& opening) {
  json wanted = json::array(), roots = json::array();
  for (const auto& [library, asking, remedy] : opening.outside) {
    wanted.push_back({library.name, library.file.native(), asking, remedy});
  }
  for (const auto& root : opening.roots) {
    roots.push_back({root.module, root.file.native(), root.stub.native(), root.handler});
  }
  return {{"outside", wanted}, {"roots", roots}};
}

Opening opening_of(const json& all) {
  Opening opening;
  for (const auto& wanted : all.at("outside")) {
    opening.outside.push_back({{wanted.at(0).get<std::string>(), wanted.at(1).get<std::string>()},
                               wanted.at(2),
                               wanted.at(3)});
  }
  for (const auto& root : all.at("roots")) {
    opening.roots.push_back(
        {root.at(0), root.at(1).get<std::string>(), root.at(2).get<std::string>(), root.at(3)});
  }
  return opening;
}

}  // namespace

// CBOR, for paths and settings are bytes, and JSON must be UTF-8.
std::string text_of(const Trial& trial) {
  json files = json::object(), configs = json::object();
  for (const auto& [module, file] : trial.order.files) files[module] = file.path.native();
  for (const auto& [module, config] : trial.configs) {
    if (config.node()) configs[module] = json_of(*config.node());
  }
  std::string text;
  json::to_cbor(json{{"group", trial.order.group},
                     {"number", trial.order.number},
                     {"files", files},
                     {"stage", trial.stage.native()},
                     {"opening", json_of(trial.opening)},
                     {"configs", configs}},
                text);
  return text;
}

Trial trial_of(const std::string& text) {
  const json all = json::from_cbor(text);
  Trial trial;
  trial.order.group = all.at("group");
  trial.order.number = all.at("number");
  trial.order.apps = std::make_shared<const Apps>();
  for (const auto& [module, path] : all.at("files").items()) {
    trial.order.files[module] = File{path.get<std::string>(), {}};
  }
  trial.stage = all.at("stage").get<std::string>();
  trial.opening = opening_of(all.at("opening"));
  for (const auto& [module, config] : all.at("configs").items()) {
    trial.configs.emplace(module, Config(node_of(config)));
  }
  return trial;
}

}  // namespace shoal::modules
