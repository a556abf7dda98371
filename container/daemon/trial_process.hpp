#pragma once

#include <cstdint>
#include <string>

#include "modules/probe.hpp"
#include "settings/settings.hpp"

// The short-lived process in which a group is tried: this program again, with a command that
// `--help` does not show.
namespace shoal::daemon {

struct TrialWords {
  std::string state;  ///< the folder of the State
  std::uint64_t size = 0;
};
inline constexpr const char* kTrialCommand = "probe-stage";

/// Returns what starts such a process. `remedy` is said of a module that ends it.
modules::Probe probe_of(const settings::State& state, const std::string& remedy);

/// Runs in that process. Returns its exit code.
int run_trial(const TrialWords& words);

}  // namespace shoal::daemon
