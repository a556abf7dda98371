#pragma once

#include <cstdint>
#include <string>

#include "releases/probing/probe.hpp"
#include "settings/settings.hpp"

// The probe: this program again, started with a command that `--help` does not show.
namespace shoal::worker {

/// The arguments of that command.
struct ProbeArguments {
  std::string state;       ///< the folder of the State
  std::uint64_t size = 0;  ///< `state.size`, in bytes
};
inline constexpr const char* kProbeCommand = "probe-stage";

/// Returns what starts a probe. `remedy` goes into the message about a module that ends the probe.
releases::Probe probe_of(const settings::State& state, const std::string& remedy);

/// Runs in the probe. Returns its exit code.
int run_probe(const ProbeArguments& arguments);

}  // namespace shoal::worker
