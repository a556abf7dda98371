#include "settings/reader.hpp"

#include <algorithm>
#include <utility>

#include "base/nearest.hpp"
#include "settings/names.hpp"

namespace shoal::settings {
namespace {

Mark mark_of(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return {mark.line + 1, mark.column + 1};
}

/// Whether this key merges other mappings into its own: YAML 1.1, "merge". In quotes it is a key
/// like any other.
bool is_merge(const YAML::Node& key) { return key.Scalar() == "<<" && key.Tag() != "!"; }

std::string joined(const std::vector<std::string_view>& names) {
  std::string text;
  for (const auto name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

}  // namespace

Value::Value(Errors& errors, YAML::Node node, std::string key, std::string name, Mark mark)
    : errors_(&errors),
      node_(std::move(node)),
      key_(std::move(key)),
      name_(std::move(name)),
      mark_(mark) {}

const std::string& Value::text() const {
  if (is_scalar()) return node_.Scalar();
  if (is_nothing()) throw Wrong("has no value; write one, or remove the key");
  throw Wrong(is_list() ? "is a list; write a single value, in quotes if it begins with ["
                        : "is a mapping; write a single value, in quotes if it has a colon");
}

std::vector<Value> Value::items() const {
  if (is_nothing()) throw Wrong("has no value; write a list, as in [one, two]");
  if (!is_list()) throw Wrong("is no list; write it in brackets, as in [one, two]");
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
    throw Wrong(std::string(is_list() ? "is a list" : "is a single value") +
                "; write a mapping: lines of \"key: value\", indented below it");
  }
  std::vector<Value> entries, merges;
  Lines line_of;
  add_entries(entries, line_of, merges);
  std::vector<YAML::Node> met{node_};
  for (const auto& merge : merges) {
    for (const auto& mapping : merged_by(merge, true)) add_merged(mapping, entries, line_of, met);
  }
  return entries;
}

Value Value::entry_of(const YAML::Node& key, const YAML::Node& value) const {
  // The key's place, not the value's: yaml-cpp puts a missing value on the next line, and an alias
  // at its anchor.
  return {*errors_, value, key_below(key.Scalar()), key.Scalar(), mark_of(key)};
}

/// What stands in the mapping itself: its entries, and those that merge others into it.
void Value::add_entries(std::vector<Value>& entries, Lines& line_of,
                        std::vector<Value>& merges) const {
  for (const auto& pair : node_) {
    if (!pair.first.IsScalar()) {
      errors_->add(mark_of(pair.first), key_, "has a key that is no text; put it in quotes");
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

/// The mappings behind a `<<`. Anything else there is recorded as an error, if it is to be
/// reported.
std::vector<YAML::Node> Value::merged_by(const Value& merge, bool report) const {
  constexpr const char* kRemedy =
      "; write the alias of a mapping, as in \"<<: *name\", or a list of such aliases";
  if (merge.is_mapping()) return {merge.node_};
  std::vector<YAML::Node> mappings;
  if (!merge.is_list()) {
    if (report) merge.add_error(std::string("merges nothing but mappings") + kRemedy);
    return mappings;
  }
  for (const auto& item : merge.node_) {
    if (item.IsMap()) {
      mappings.push_back(item);
    } else if (report) {
      errors_->add(
          item.IsScalar() ? mark_of(item) : merge.mark_, merge.key_,
          std::string("merges nothing but mappings, and one in this list is none") + kRemedy);
    }
  }
  return mappings;
}

/// `met` keeps a mapping that merges itself, or another many times over, from costing more than
/// once: all that it has is there by then.
void Value::add_merged(const YAML::Node& mapping, std::vector<Value>& entries, Lines& line_of,
                       std::vector<YAML::Node>& met) const {
  if (std::ranges::any_of(met, [&](const auto& other) { return other.is(mapping); })) return;
  met.push_back(mapping);
  std::vector<Value> merges;
  for (const auto& pair : mapping) {
    // What is wrong in it is an error where the mapping itself is read.
    if (!pair.first.IsScalar()) continue;
    const Value found = entry_of(pair.first, pair.second);
    if (is_merge(pair.first)) {
      merges.push_back(found);
    } else if (line_of.emplace(found.name(), found.line()).second) {
      entries.push_back(found);
    }
  }
  for (const auto& merge : merges) {
    for (const auto& further : merged_by(merge, false)) add_merged(further, entries, line_of, met);
  }
}

void Value::add_error_below(std::string_view name, std::string_view text) const {
  errors_->add(mark_, key_below(name), text);
}

std::string Value::key_below(std::string_view name) const {
  return key_.empty() ? std::string(name) : key_ + "." + std::string(name);
}

const Value* Section::find(std::string_view key) {
  known_.push_back(key);
  const auto found = std::ranges::find(entries_, key, &Value::name);
  return found == entries_.end() ? nullptr : &*found;
}

void Section::add_missing(std::string_view key, std::string_view example) const {
  value_.add_error_below(key, "missing; add it, as in " + in_quotes(example));
}

void Section::refuse(std::initializer_list<std::string_view> keys, std::string_view text) {
  for (const auto key : keys) {
    if (const Value* found = find(key)) found->add_error(text);
    std::erase_if(entries_, [&](const Value& entry) { return entry.name() == key; });
  }
}

void Section::refuse_others() const {
  for (const auto& entry : entries_) {
    if (std::ranges::count(known_, entry.name()) != 0) continue;
    const std::string nearest = base::did_you_mean(entry.name(), known_);
    entry.add_error("unknown key" +
                    (nearest.empty() ? "; known here: " + joined(known_) : nearest));
  }
}

}  // namespace shoal::settings
