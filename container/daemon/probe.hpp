#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "settings/settings.hpp"

namespace shoal::daemon {

/// The words of `shoal probe`.
struct ProbeWords {
  std::vector<std::string> files;
  std::string config;  ///< empty: the files are taken by themselves, as one group
  bool json = false;
};

/// Tells of each file whether it would load, and what would keep it from being unloaded: a table,
/// or JSON. With a configuration, a file below its apps folder is tried with the rest of its group,
/// its settings and its State (which is not written). A member that is at fault is marked, and the
/// others are tried without it. Returns 0 when all are good, else 1.
int probe(const ProbeWords& words);

/// Tries each of these groups as `probe` does with a configuration. Returns why each would be
/// refused, by group: those that are good are left out.
std::map<std::string, std::string> probe_groups(const settings::Settings& settings,
                                                const std::set<std::string>& groups);

}  // namespace shoal::daemon
