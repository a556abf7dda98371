#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "control/limits.hpp"
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

/// How commands wait for a verdict, and print it.
struct VerdictOptions {
  std::chrono::milliseconds wait = control::kVerdictWait;  ///< then it counts as missing
  bool json = false;                                       ///< print the container's answer
};

/// `shoal reload [GROUP]`: has the container replace the group by a new generation of the same
/// files, or, if `group` is empty, read its configuration again. Waits for the verdict and prints
/// it. Returns 1 when it was refused, and when there is no verdict in time: a reload of the
/// configuration goes on then. Throws std::runtime_error when there is no such group.
int reload(const std::filesystem::path& run, const std::string& group,
           const VerdictOptions& options);

/// `shoal rollback GROUP [NUMBER]`: has an earlier release of the group serve until the next drop:
/// the one before, if `number` is 0. Otherwise as reload.
int rollback(const std::filesystem::path& run, const std::string& group, unsigned long number,
             const VerdictOptions& options);

/// `shoal history [GROUP]`: prints the releases that the container keeps, of one group or of all: a
/// table, or JSON. Throws std::runtime_error when there is no such group.
int history(const std::filesystem::path& run, const std::string& group, bool json);

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

/// The arguments of `shoal drop`.
struct DropArguments {
  std::vector<std::string> paths{};
  std::string config{};  ///< has `apps`, and `run` of the container to ask
  std::string apps{};    ///< not empty: the apps folder; no container is asked
  std::string as{};      ///< empty: not given
  std::chrono::milliseconds wait = control::kVerdictWait;
  bool no_wait = false;  ///< no container is asked
  bool json = false;
};

/// `shoal drop`: puts all files into the apps folder at once, and prints a line for each module.
/// Then waits for the verdict of the running container, and prints a line for each group.
///
/// Returns 1, and prints an error line for each fault, when nothing was dropped; when a group's
/// verdict is refused, overtaken or missing; and when a signal ended the wait. Returns 0 when no
/// container runs or this user may not ask it, and says so: the files are in place. A signal that
/// arrives before the files are in place ends the process when all is done or undone.
/// REQUIRES: no other thread runs.
int drop(const DropArguments& arguments);

}  // namespace shoal::commands
