#include "settings/groups_key.hpp"

#include "settings/names.hpp"
#include "settings/scalars.hpp"

namespace shoal::settings {
namespace {

// Bytes, as for a module's name: stages and releases are named after groups.
constexpr std::size_t kLongestName = 200;

/// Reads the types of one group after another, and refuses a type that is given twice.
class Types {
 public:
  std::vector<std::string> read(const Value& group) {
    if (!is_plain_name(group.name())) {
      group.add_error(in_quotes(group.name()) +
                      " is not a group name; use only letters, digits, _ and -");
    }
    if (group.name().size() > kLongestName) {
      group.add_error(in_quotes(group.name()) + " has " + std::to_string(group.name().size()) +
                      " bytes; use at most " + std::to_string(kLongestName) +
                      ", since files are named after the group");
    }
    const auto items = group.items();
    if (items.empty()) throw ValueError("has no types; list one, or remove the group");
    std::vector<std::string> types;
    for (const auto& item : items) {
      item.attempt([&] {
        claim(item, group.name());
        types.push_back(item.text());
        where_[item.text()] = item.where() + ": " + item.key();
      });
    }
    return types;
  }

  /// Maps each type to its place in the file.
  const std::map<std::string, std::string>& where() const { return where_; }

 private:
  struct Owner {
    std::string group;
    int line;
  };

  void claim(const Value& type, const std::string& group) {
    if (!is_dotted_name(type.text())) throw ValueError(not_a_dotted_name(type.text()));
    const auto [first, is_new] = owner_of_.emplace(type.text(), Owner{group, type.line()});
    if (is_new) return;
    throw ValueError("the type " + in_quotes(type.text()) + " is already in group " +
                     in_quotes(first->second.group) + ", on line " +
                     std::to_string(first->second.line) + "; remove it from one of the two places");
  }

  std::map<std::string, Owner> owner_of_;
  std::map<std::string, std::string> where_;
};

}  // namespace

Groups read_groups(const Value& value) {
  if (value.is_scalar()) {
    return {Flag{}(value) ? Groups::Kind::kTopLevel : Groups::Kind::kNever, {}, {}};
  }
  Groups groups{Groups::Kind::kListed, {}, {}};
  Types types;
  const auto entries = value.entries();
  if (entries.empty()) {
    throw ValueError("has no groups; write true, false, or lines of \"group: [type, type]\"");
  }
  for (const auto& entry : entries) {
    entry.attempt([&] { groups.types[entry.name()] = types.read(entry); });
  }
  groups.where = types.where();
  return groups;
}

}  // namespace shoal::settings
