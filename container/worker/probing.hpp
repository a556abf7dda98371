#pragma once

#include <cstdint>
#include <string>

// The process of a probe: this program again, started with deployer::kProbeCommand.
namespace shoal::worker {

/// The arguments of that command.
struct ProbeArguments {
  std::string state;       ///< the folder of the State
  std::uint64_t size = 0;  ///< `state.size`, in bytes
};

/// Runs in the probe. Returns its exit code.
int run_probe(const ProbeArguments& arguments);

}  // namespace shoal::worker
