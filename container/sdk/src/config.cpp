#include "shoal/config.hpp"

#include <algorithm>
#include <utility>

#include "base/nearest.hpp"
#include "scalar.hpp"
#include "shoal/host/config_node.hpp"

namespace shoal {
namespace {

using Node = Config::Node;

/// More than any constructor reads. Bounds the memory of a module that reads keys of names that
/// visitors choose.
constexpr std::size_t kMaxAbsent = 64;

const char* kind_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kScalar:
      return "a single value";
    case Node::Kind::kList:
      return "a list";
    case Node::Kind::kMap:
      return "a mapping";
  }
  return "unknown";
}

[[noreturn]] void refuse_kind(const Node& node, const char* wanted) {
  throw ConfigError(node.where + ": is " + kind_of(node) + "; write " + wanted);
}

void remember_absent(const Node& node, std::string_view key) {
  const base::MutexLock lock(node.absent_mutex);
  if (node.absent.size() >= kMaxAbsent) return;
  if (std::find(node.absent.begin(), node.absent.end(), key) != node.absent.end()) return;
  node.absent.emplace_back(key);
}

/// Marks the node below `key` as read, and returns it. Returns null when it is absent.
const std::shared_ptr<const Node>* find_child(const Node* node, std::string_view key) {
  if (node == nullptr) return nullptr;
  for (const auto& [name, child] : node->map) {
    if (name != key) continue;
    child->was_read.store(true, std::memory_order_relaxed);
    return &child;
  }
  remember_absent(*node, key);
  return nullptr;
}

const std::string& scalar_of(const Node& node, const char* wanted) {
  if (node.kind != Node::Kind::kScalar) refuse_kind(node, wanted);
  return node.scalar;
}

template <typename T>
T value_of(const Node& node) {
  return read_scalar<T>(node.where, scalar_of(node, "a single value"));
}

template <>
std::string value_of<std::string>(const Node& node) {
  return scalar_of(node, "text");
}

template <>
std::vector<std::string> value_of<std::vector<std::string>>(const Node& node) {
  if (node.kind != Node::Kind::kList) refuse_kind(node, "a list");
  std::vector<std::string> texts;
  texts.reserve(node.list.size());
  for (const auto& element : node.list) {
    element->was_read.store(true, std::memory_order_relaxed);
    texts.push_back(scalar_of(*element, "text"));
  }
  return texts;
}

/// Calls `visit(parent, dotted key, key, child)` for each key below `node` that was not read.
template <typename Visit>
void for_each_unused(const Node& node, const std::string& path, const Visit& visit) {
  for (const auto& [name, child] : node.map) {
    const std::string dotted = path.empty() ? name : path + '.' + name;
    if (child->was_read.load(std::memory_order_relaxed)) {
      for_each_unused(*child, dotted, visit);
    } else {
      visit(node, dotted, name, *child);
    }
  }
  for (std::size_t i = 0; i < node.list.size(); ++i) {
    for_each_unused(*node.list[i], path + '[' + std::to_string(i) + ']', visit);
  }
}

}  // namespace

Config::Config() = default;
Config::Config(const Config&) = default;
Config::Config(Config&&) noexcept = default;
Config& Config::operator=(const Config&) = default;
Config& Config::operator=(Config&&) noexcept = default;
Config::~Config() = default;

Config::Config(std::shared_ptr<const Node> node) : node_(std::move(node)) {}

bool Config::has(std::string_view key) const { return find_child(node_.get(), key) != nullptr; }

template <detail::Setting T>
T Config::get(std::string_view key) const {
  const auto* child = find_child(node_.get(), key);
  if (child != nullptr) return value_of<T>(**child);
  const std::string missing = '"' + std::string(key) + "\" is missing; add it";
  if (!node_) throw ConfigError(missing + " below modules:, where this module has no settings");
  if (node_->kind != Node::Kind::kMap) refuse_kind(*node_, "a mapping");
  throw ConfigError(node_->where + ": " + missing);
}

template SHOAL_EXPORT std::string Config::get(std::string_view) const;
template SHOAL_EXPORT bool Config::get(std::string_view) const;
template SHOAL_EXPORT int Config::get(std::string_view) const;
template SHOAL_EXPORT long Config::get(std::string_view) const;
template SHOAL_EXPORT unsigned Config::get(std::string_view) const;
template SHOAL_EXPORT unsigned long Config::get(std::string_view) const;
template SHOAL_EXPORT double Config::get(std::string_view) const;
template SHOAL_EXPORT std::chrono::milliseconds Config::get(std::string_view) const;
template SHOAL_EXPORT std::vector<std::string> Config::get(std::string_view) const;

Config Config::section(std::string_view key) const {
  const auto* child = find_child(node_.get(), key);
  if (child == nullptr) return Config();
  if ((*child)->kind != Node::Kind::kMap) refuse_kind(**child, "a mapping");
  return Config(*child);
}

std::vector<Config> Config::list(std::string_view key) const {
  const auto* child = find_child(node_.get(), key);
  if (child == nullptr) return {};
  if ((*child)->kind != Node::Kind::kList) refuse_kind(**child, "a list");
  return {(*child)->list.begin(), (*child)->list.end()};
}

const std::string& Config::scalar() const {
  if (!node_) throw ConfigError("the setting is missing; add it below modules:");
  node_->was_read.store(true, std::memory_order_relaxed);
  return scalar_of(*node_, "a single value");
}

std::vector<std::string> Config::keys() const {
  std::vector<std::string> names;
  if (!node_) return names;
  names.reserve(node_->map.size());
  for (const auto& entry : node_->map) names.push_back(entry.first);
  return names;
}

std::vector<std::string> Config::unused() const {
  std::vector<std::string> names;
  if (!node_) return names;
  for_each_unused(*node_, {},
                  [&](const Node&, const std::string& dotted, const auto&, const Node&) {
                    names.push_back(dotted);
                  });
  return names;
}

std::vector<std::string> Config::warnings() const {
  std::vector<std::string> lines;
  if (!node_) return lines;
  for_each_unused(
      *node_, {},
      [&](const Node& parent, const auto&, const std::string& name, const Node& unused) {
        const base::MutexLock lock(parent.absent_mutex);
        lines.push_back(unused.where + ": unknown setting: the module never reads it" +
                        base::did_you_mean(name, parent.absent));
      });
  return lines;
}

}  // namespace shoal
