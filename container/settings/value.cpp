#include "settings/value.hpp"

#include <algorithm>
#include <utility>

namespace shoal::settings {
namespace {

Mark mark_of(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return {mark.line + 1, mark.column + 1};
}

/// Returns true if this key merges other mappings into its own ("merge" in YAML 1.1). In quotes it
/// is an ordinary key.
bool is_merge(const YAML::Node& key) { return key.Scalar() == "<<" && key.Tag() != "!"; }

}  // namespace

Value::Value(Errors& errors, YAML::Node node, std::string key, std::string name, Mark mark)
    : errors_(&errors),
      node_(std::move(node)),
      key_(std::move(key)),
      name_(std::move(name)),
      mark_(mark) {}

const std::string& Value::text() const {
  if (is_scalar()) return node_.Scalar();
  if (is_nothing()) throw ValueError("has no value; write one, or remove the key");
  throw ValueError(is_list() ? "is a list; write a single value, in quotes if it begins with ["
                             : "is a mapping; write a single value, in quotes if it has a colon");
}

std::vector<Value> Value::items() const {
  if (is_nothing()) throw ValueError("has no value; write a list, as in [one, two]");
  if (!is_list()) throw ValueError("is not a list; write it in brackets, as in [one, two]");
  std::vector<Value> items;
  for (const auto& item : node_) {
    const std::string index = "[" + std::to_string(items.size()) + "]";
    items.emplace_back(*errors_, item, key_ + index, index, mark_of(item));
  }
  return items;
}

std::vector<Value> Value::entries() const {
  if (is_nothing()) return {};
  if (!is_mapping()) {
    throw ValueError(std::string(is_list() ? "is a list" : "is a single value") +
                     "; write a mapping: lines of \"key: value\", indented below it");
  }
  std::vector<Value> entries, merges;
  Lines line_of;
  add_entries(entries, line_of, merges);
  std::vector<YAML::Node> seen{node_};
  for (const auto& merge : merges) {
    for (const auto& mapping : merged_by(merge, true)) add_merged(mapping, entries, line_of, seen);
  }
  return entries;
}

Value Value::entry_of(const YAML::Node& key, const YAML::Node& value) const {
  // The place of the key, not of the value: yaml-cpp puts a missing value on the next line, and an
  // alias at its anchor.
  return {*errors_, value, key_below(key.Scalar()), key.Scalar(), mark_of(key)};
}

/// Adds what is written in the mapping itself: its entries, and those that merge other mappings.
void Value::add_entries(std::vector<Value>& entries, Lines& line_of,
                        std::vector<Value>& merges) const {
  for (const auto& pair : node_) {
    if (!pair.first.IsScalar()) {
      errors_->add(mark_of(pair.first), key_, "has a key that is not text; put the key in quotes");
      continue;
    }
    const Value found = entry_of(pair.first, pair.second);
    const auto [first, is_new] = line_of.emplace(found.name(), found.line());
    if (is_new) {
      (is_merge(pair.first) ? merges : entries).push_back(found);
    } else {
      found.add_error("given twice, first on line " + std::to_string(first->second) +
                      "; remove one of the two");
    }
  }
}

/// Returns the mappings after a `<<`. If `report`, adds an error for anything else there.
std::vector<YAML::Node> Value::merged_by(const Value& merge, bool report) const {
  constexpr const char* kRemedy =
      "; write the alias of a mapping, as in \"<<: *name\", or a list of such aliases";
  if (merge.is_mapping()) return {merge.node_};
  std::vector<YAML::Node> mappings;
  if (!merge.is_list()) {
    if (report) merge.add_error(std::string("can merge mappings only") + kRemedy);
    return mappings;
  }
  for (const auto& item : merge.node_) {
    if (item.IsMap()) {
      mappings.push_back(item);
    } else if (report) {
      errors_->add(
          item.IsScalar() ? mark_of(item) : merge.mark_, merge.key_,
          std::string("can merge mappings only, and an item of this list is not a mapping") +
              kRemedy);
    }
  }
  return mappings;
}

/// Adds the entries of a merged mapping. `seen` bounds the work: a mapping that merges itself, or
/// another many times, is added once.
void Value::add_merged(const YAML::Node& mapping, std::vector<Value>& entries, Lines& line_of,
                       std::vector<YAML::Node>& seen) const {
  if (std::ranges::any_of(seen, [&](const auto& other) { return other.is(mapping); })) return;
  seen.push_back(mapping);
  std::vector<Value> merges;
  for (const auto& pair : mapping) {
    // Its errors are reported where the mapping itself is read.
    if (!pair.first.IsScalar()) continue;
    const Value found = entry_of(pair.first, pair.second);
    if (is_merge(pair.first)) {
      merges.push_back(found);
    } else if (line_of.emplace(found.name(), found.line()).second) {
      entries.push_back(found);
    }
  }
  for (const auto& merge : merges) {
    for (const auto& further : merged_by(merge, false)) add_merged(further, entries, line_of, seen);
  }
}

void Value::add_error_below(std::string_view name, std::string_view text) const {
  errors_->add(mark_, key_below(name), text);
}

std::string Value::key_below(std::string_view name) const {
  return key_.empty() ? std::string(name) : key_ + "." + std::string(name);
}

}  // namespace shoal::settings
