#include "settings/section.hpp"

#include <algorithm>
#include <string>

#include "base/nearest.hpp"
#include "settings/names.hpp"

namespace shoal::settings {
namespace {

std::string joined(const std::vector<std::string_view>& names) {
  std::string text;
  for (const auto name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

}  // namespace

const Value* Section::find(std::string_view key) {
  known_.push_back(key);
  const auto found = std::ranges::find(entries_, key, &Value::name);
  return found == entries_.end() ? nullptr : &*found;
}

void Section::add_missing(std::string_view key, std::string_view example) const {
  value_.add_error_below(key, "missing; add it, as in " + in_quotes(example));
}

bool Section::add_error(std::string_view key, std::string_view text) const {
  const auto found = std::ranges::find(entries_, key, &Value::name);
  if (found == entries_.end()) return false;
  found->add_error(text);
  return true;
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
                    (nearest.empty() ? "; the keys here are " + joined(known_) : nearest));
  }
}

}  // namespace shoal::settings
