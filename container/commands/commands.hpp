#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "settings/settings.hpp"

// The commands of `shoal`, but for serve: one .cpp file each. Each returns the exit code: 0 for
// success, 1 for a failure or a bad result, 2 for wrong usage. Those that ask the running
// container find it by its run folder, and throw std::runtime_error, with the remedy, if no
// container runs there.
namespace shoal::commands {

/// `shoal status`: prints what the container does: a table, or JSON. Returns 1 when something is
/// wrong. With `watch`, prints it again every second until it is interrupted, whether or not the
/// container runs.
int status(const std::filesystem::path& run, bool json, bool watch);

/// `shoal status --ready`: prints one line that says whether the container should get requests, as
/// /ready of the health checks does. Returns 0 if it should, else 1.
int is_ready(const std::filesystem::path& run);

/// `shoal reload GROUP`: has the container replace the group by a new generation of the same files,
/// and waits until every worker serves it. While no worker serves, as when the only one is being
/// replaced, waits for one, at most 30 s. Returns 1 when the reload was refused. Throws
/// std::runtime_error when there is no such group.
int reload(const std::filesystem::path& run, const std::string& group);

/// `shoal check`: prints what `serve` would listen on, route, and put into groups. Opens no socket.
/// Returns 1, and prints an error line each, when a route, a group or a module's settings name
/// nothing that exists, or when a file cannot be loaded. Loads no module unless `probe` is true:
/// then each group whose files are good is loaded, with its settings, in a probe, and an exception
/// of a constructor is an error, too.
int check(const settings::Settings& settings, bool probe);

/// The arguments of `shoal probe`.
struct ProbeArguments {
  std::vector<std::string> files;
  std::string config;  ///< empty: the files are tried by themselves, as one group
  bool json = false;
};

/// `shoal probe`: prints of each file whether it would load, and what would keep it from being
/// unloaded: a table, or JSON. With a configuration, a file below its apps folder is tried with the
/// rest of its group, its settings and its State (which is not written). A member that is at fault
/// is marked, and the others are tried without it. Returns 1 when any is bad.
int probe(const ProbeArguments& arguments);

/// The arguments of `shoal drop PATH... --apps DIR [--as dotted.name]`.
struct DropArguments {
  std::vector<std::string> paths;
  std::string apps;
  std::string as;  ///< empty: not given
};

/// `shoal drop`: puts all files into the apps folder at once, and prints a line for each module.
/// Returns 1, and prints an error line for each fault, when nothing was dropped. A signal that
/// arrives meanwhile ends the process when all is done or undone. REQUIRES: no other thread runs.
int drop(const DropArguments& arguments);

}  // namespace shoal::commands
