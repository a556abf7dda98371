#pragma once

#include <memory>
#include <set>
#include <string>

#include "modules/ledger_page.hpp"
#include "modules/new_line.hpp"
#include "releases/linking/links.hpp"

namespace shoal::modules {

/// What one load is to build.
struct Order {
  std::string group;
  unsigned long number = 0;          ///< of the generation that comes of it
  Files files;                       ///< none: the group is gone
  std::shared_ptr<const Apps> apps;  ///< what lies around them
  std::set<std::string> handlers{};  ///< of the generation that serves; a drop must not lose one
  Wish wish{};                       ///< of this process
  Terms terms{};                     ///< agreed on with the others
  Files copies{};      ///< of `files`, where they were kept; empty: they lie in the apps folder
  std::string note{};  ///< `instead of 12, quarantined`; empty: nothing to say of it

  /// `aquarium/12`: X-Shoal-Generation, and the name of the generation in the log.
  std::string label() const { return group + "/" + std::to_string(number); }
};

}  // namespace shoal::modules
