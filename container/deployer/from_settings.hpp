#pragma once

#include <string>
#include <vector>

#include "releases/apps/grouping.hpp"
#include "releases/deployer/apps_reader.hpp"
#include "releases/history/history.hpp"
#include "releases/probing/probe.hpp"
#include "releases/probing/trials.hpp"
#include "settings/settings.hpp"

// Translates the settings into what releases/ takes. releases/ does not know settings/. Pure
// functions, but for the program's own path.
namespace shoal::deployer {

releases::Grouping grouping_of(const settings::Groups& groups);
releases::SweepRules rules_of(const settings::Sweep& sweep);
releases::HistoryRules rules_of(const settings::History& history);

/// The command with which this program starts its probe; `--help` does not show it. Its arguments
/// are the folder of the State and `state.size`, in bytes. See worker/probing.hpp.
inline constexpr const char* kProbeCommand = "probe-stage";

/// Returns what starts a probe. `remedy` goes into the message about a module that ends the probe.
releases::Probe probe_of(const settings::State& state, const std::string& remedy);

/// The same for the deployer; without a command if `sweep.probe` is off.
releases::Trials::Parts trials_of(const settings::Settings& settings);

}  // namespace shoal::deployer
