#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "commands/probe_result.hpp"
#include "modules/order.hpp"
#include "modules/stage.hpp"
#include "settings/settings.hpp"

// How `shoal probe` and `shoal check --probe` try groups.
namespace shoal::commands {

/// What the files are tried with: a configuration, or nothing but each other. Used by one thread.
struct Bench {
  modules::Apps apps;
  settings::Settings settings;

  /// All modules of the configuration.
  static Bench of(const settings::Settings& settings);

  /// These files alone, named by where they lie below the folder that they have in common.
  static Bench of(const std::vector<std::filesystem::path>& files);
};

/// A folder for the stages of one run, removed with all that is in it.
class Workshop {
 public:
  /// Throws std::runtime_error, with the remedy, when it cannot be made.
  Workshop();
  ~Workshop();
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

/// Returns the members of a group. `all`: every module of the bench, as one group.
modules::Order order_of(const std::string& group, bool all, const Bench& bench);

/// Tries a group as the loader would, and reports what is wrong with it. Where one member is at
/// fault, tries the others without it and without those that need it.
void try_out(modules::Order order, modules::Stages& stages, const Bench& bench,
             GroupReport& report);

/// Tries each of these groups of the configuration. Returns why each would be refused, by group;
/// leaves out those that are good.
std::map<std::string, std::string> probe_groups(const settings::Settings& settings,
                                                const std::set<std::string>& groups);

}  // namespace shoal::commands
