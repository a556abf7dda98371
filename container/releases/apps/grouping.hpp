#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::releases {

/// Which group a module belongs to.
struct Membership {
  std::string group;
  bool swept = true;  ///< false: pinned, loaded at start and never replaced
};

/// The `groups` setting as a rule. Immutable; safe to use from any thread.
///
/// Pinned modules are loaded by the group `pinned.<first segment>`. A configured group's name has
/// no dot, so the two never meet.
class Grouping {
 public:
  /// `groups: false`: every module is pinned.
  static Grouping never();

  /// `groups: true`: each top-level folder of the apps folder, and each file beside them, is a
  /// group.
  static Grouping top_level();

  /// `groups: {name: [types]}`: the longest type that covers a module decides; a module of no type
  /// is pinned. REQUIRES: no type stands twice.
  static Grouping listed(const std::map<std::string, std::vector<std::string>>& types);

  Membership of(std::string_view module) const;

  /// The line of conf/shoal.yaml that would put both modules into one group, with whatever else is
  /// in theirs: `groups: { site: [site, shared] }`.
  std::string line_that_joins(std::string_view asking, std::string_view needed) const;

 private:
  enum class Rule { kNever, kTopLevel, kListed };
  explicit Grouping(Rule rule) : rule_(rule) {}

  std::vector<std::string> types_around(std::string_view module) const;

  Rule rule_;
  std::map<std::string, std::string, std::less<>> group_of_type_;
};

}  // namespace shoal::releases
