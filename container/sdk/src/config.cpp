#include "shoal/config.hpp"

#include <algorithm>
#include <utility>

#include "base/nearest.hpp"
#include "scalar.hpp"
#include "shoal/host/config_node.hpp"

namespace shoal {
namespace {

using Node = Config::Node;

/// More names than any constructor asks for; a module that makes up names per request stays
/// bounded.
constexpr std::size_t kMaxMissed = 64;

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
  throw ConfigError(node.where + ": is " + kind_of(node) + ", not " + wanted);
}

void remember_missed(const Node& node, std::string_view key) {
  const std::lock_guard lock(node.missed_mutex);
  if (node.missed.size() >= kMaxMissed) return;
  if (std::find(node.missed.begin(), node.missed.end(), key) != node.missed.end()) return;
  node.missed.emplace_back(key);
}

/// The node below `key`, marked as asked for; null when there is none.
const std::shared_ptr<const Node>* ask(const Node* node, std::string_view key) {
  if (node == nullptr) return nullptr;
  for (const auto& [name, child] : node->map) {
    if (name != key) continue;
    child->asked.store(true, std::memory_order_relaxed);
    return &child;
  }
  remember_missed(*node, key);
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
    element->asked.store(true, std::memory_order_relaxed);
    texts.push_back(scalar_of(*element, "text"));
  }
  return texts;
}

/// Calls `report(parent, dotted key, node)` for every key below `node` that nobody asked for.
template <typename Report>
void visit_unused(const Node& node, const std::string& path, const Report& report) {
  for (const auto& [name, child] : node.map) {
    const std::string dotted = path.empty() ? name : path + '.' + name;
    if (child->asked.load(std::memory_order_relaxed)) {
      visit_unused(*child, dotted, report);
    } else {
      report(node, dotted, name, *child);
    }
  }
  for (std::size_t i = 0; i < node.list.size(); ++i) {
    visit_unused(*node.list[i], path + '[' + std::to_string(i) + ']', report);
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

bool Config::has(std::string_view key) const { return ask(node_.get(), key) != nullptr; }

template <detail::Setting T>
T Config::get(std::string_view key) const {
  const auto* child = ask(node_.get(), key);
  if (child != nullptr) return value_of<T>(**child);
  const std::string missing = '"' + std::string(key) + "\" is missing";
  if (!node_) throw ConfigError(missing + ": the module has no settings; add them under modules:");
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
  const auto* child = ask(node_.get(), key);
  if (child == nullptr) return Config();
  if ((*child)->kind != Node::Kind::kMap) refuse_kind(**child, "a mapping");
  return Config(*child);
}

std::vector<Config> Config::list(std::string_view key) const {
  const auto* child = ask(node_.get(), key);
  if (child == nullptr) return {};
  if ((*child)->kind != Node::Kind::kList) refuse_kind(**child, "a list");
  return {(*child)->list.begin(), (*child)->list.end()};
}

const std::string& Config::scalar() const {
  if (!node_) throw ConfigError("there is no setting here to read as a single value");
  node_->asked.store(true, std::memory_order_relaxed);
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
  visit_unused(*node_, {}, [&](const Node&, const std::string& dotted, const auto&, const Node&) {
    names.push_back(dotted);
  });
  return names;
}

std::vector<std::string> Config::warnings() const {
  std::vector<std::string> lines;
  if (!node_) return lines;
  visit_unused(*node_, {},
               [&](const Node& parent, const auto&, const std::string& name, const Node& unused) {
                 const std::lock_guard lock(parent.missed_mutex);
                 lines.push_back(unused.where + ": nobody asks for it" +
                                 base::did_you_mean(name, parent.missed));
               });
  return lines;
}

}  // namespace shoal
