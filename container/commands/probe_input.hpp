#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "commands/probe_result.hpp"
#include "releases/staging/prepare.hpp"
#include "releases/staging/stage.hpp"
#include "settings/settings.hpp"

// How `shoal probe` and `shoal check --probe` try groups.
namespace shoal::commands {

/// The files that are tried, and the configuration they are tried with. Used by one thread.
struct ProbeInput {
  releases::Apps apps;
  settings::Settings settings;

  /// Returns all modules of a configuration.
  static ProbeInput of(const settings::Settings& settings);

  /// Returns these files alone, with names from their places below their common folder.
  static ProbeInput of(const std::vector<std::filesystem::path>& files);
};

/// A temporary folder for the stages of one command, removed with everything in it.
class TemporaryFolder {
 public:
  /// Throws std::runtime_error, with the remedy, when it cannot be made.
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

/// Returns the members of a group; with `all`, every module of the input, as one group.
releases::Members members_of(const std::string& group, bool all, const ProbeInput& input);

/// Tries a group as the loader would, and adds what is wrong with it to `result`. If a member is at
/// fault, tries the others without it and without those that need it.
void try_out(releases::Members members, releases::Stages& stages, const ProbeInput& input,
             GroupResult& result);

/// Tries each of these groups of the configuration. Returns why each would be refused, by group;
/// leaves out those that are good.
std::map<std::string, std::string> probe_groups(const settings::Settings& settings,
                                                const std::set<std::string>& groups);

}  // namespace shoal::commands
