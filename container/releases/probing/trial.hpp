#pragma once

#include <map>
#include <optional>
#include <string>

#include "releases/staging/staged.hpp"
#include "shoal/config.hpp"

namespace shoal::releases {

/// Module name -> what conf/shoal.yaml hands it.
using Configs = std::map<std::string, Config>;

/// What is about to be done with a module: code of its own runs in each, but for kNothing.
enum class Step { kOpening, kMaking, kEnding, kNothing };

/// All that the process of the probe must know to open a stage as a worker would.
struct Trial {
  Staged staged;
  Configs configs;  ///< of the group's modules

  /// The generation that serves, which the new one will share a process with for a while. Absent:
  /// the new one is tried alone.
  std::optional<Staged> current{};
};

/// A text for the way between the two processes, which are of one build.
std::string text_of(const Trial& trial);
Trial trial_of(const std::string& text);

}  // namespace shoal::releases
