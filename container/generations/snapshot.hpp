#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "generations/generation.hpp"

namespace shoal::generations {

/// The current generation of every group: what a request holds from its first line to its last.
/// Immutable; safe to use from any thread. While it is held, no generation in it is retired.
class Snapshot {
 public:
  /// A name that can be asked for.
  struct Entry {
    Module* handler = nullptr;               ///< null: its group has never been loaded
    const Generation* generation = nullptr;  ///< null with `handler`
    RecentLatency* latency = nullptr;        ///< of the handler; null with `handler`
  };

  using Generations = std::map<std::string, std::shared_ptr<const Generation>>;  // by group

  using Names = std::set<std::string>;

  /// `unloaded` are the modules of groups that no generation has been made of yet.
  Snapshot(Generations generations, const Names& unloaded);

  /// What `before` has, but of this group only `generation`, or `unloaded` if that is null. Costs
  /// less than to look at all modules.
  Snapshot(const Snapshot& before, const std::string& group,
           std::shared_ptr<const Generation> generation, const Names& unloaded);

  /// The handler module of this full name; null when there is none. Library modules are not found.
  const Entry* find(std::string_view module) const;

  const Generations& generations() const { return generations_; }

 private:
  using Entries = std::vector<std::pair<std::string, Entry>>;

  static void add(Entries& entries, const Generation& generation);

  Generations generations_;
  Entries entries_;  // by name; a copy of a vector is cheap
};

}  // namespace shoal::generations
