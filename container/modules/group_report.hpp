#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "generations/generation.hpp"
#include "modules/quarantine.hpp"
#include "modules/new_line.hpp"

namespace shoal::modules {

/// A generation that is retired, yet still mapped.
struct LingeringReport {
  unsigned long generation = 0;
  std::string holder;  ///< what keeps it
};

/// How one group stands in this process; for the log and for the status page.
struct GroupReport {
  std::string group;
  bool swept = true;
  std::string label;         ///< `aquarium/2`; empty while nothing serves
  unsigned long number = 0;  ///< of the generation that serves; 0: none does
  std::string note;          ///< of that generation: `instead of 12, quarantined`
  std::optional<std::chrono::system_clock::time_point> loaded;  ///< that generation
  std::vector<StagedModule> files;     ///< that generation is made of, by name
  std::vector<std::string> modules;  ///< what the group's folder holds
  std::string refusal;               ///< why the last drop was refused; empty when it was not
  std::optional<std::chrono::system_clock::time_point> refused;  ///< since when it is
  unsigned long refusals = 0;                                    ///< drops that were refused, ever
  unsigned long generations = 0;  ///< made in all processes, the same one counted once
  std::vector<LingeringReport> lingering;
  std::optional<Quarantine> quarantine;  ///< of what lies in its folder; `number` serves instead
};

}  // namespace shoal::modules
