#include "settings/modules_key.hpp"

#include <memory>

#include "settings/names.hpp"
#include "shoal/host/config_node.hpp"

namespace shoal::settings {
namespace {

using Node = Config::Node;

/// Copies the settings of one module. The bounds are needed because YAML aliases can make a small
/// file endless.
class Copy {
 public:
  std::shared_ptr<const Node> of(const Value& value, int depth = 0) {
    if (depth > kDeepest || ++settings_ > kMost) {
      throw ValueError("has more than " + std::to_string(kMost) +
                       " settings, or settings nested more than " + std::to_string(kDeepest) +
                       " deep; look for an alias that contains itself");
    }
    auto node = std::make_shared<Node>();
    node->where = value.where() + ": " + value.key();
    if (value.is_list()) {
      node->kind = Node::Kind::kList;
      for (const auto& item : value.items()) node->list.push_back(of(item, depth + 1));
    } else if (value.is_mapping()) {
      node->kind = Node::Kind::kMap;
      for (const auto& entry : value.entries()) {
        node->map.emplace_back(entry.name(), of(entry, depth + 1));
      }
    } else {
      node->kind = Node::Kind::kScalar;
      if (value.is_scalar()) node->scalar = value.text();
    }
    return node;
  }

 private:
  static constexpr int kDeepest = 32;
  static constexpr int kMost = 10'000;
  int settings_ = 0;
};

Config config_of(const Value& module) {
  if (!is_dotted_name(module.name())) module.add_error(not_a_dotted_name(module.name()));
  if (module.is_nothing()) return Config();
  if (!module.is_mapping()) {
    throw ValueError(
        "is not a mapping; write the module's settings as lines of \"key: value\" below it");
  }
  return Config(Copy().of(module));
}

}  // namespace

std::map<std::string, Config> read_modules(const Value& value) {
  std::map<std::string, Config> modules;
  for (const auto& entry : value.entries()) {
    entry.attempt([&] { modules.emplace(entry.name(), config_of(entry)); });
  }
  return modules;
}

}  // namespace shoal::settings
