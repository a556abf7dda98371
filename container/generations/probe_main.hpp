#pragma once

#include "generations/context.hpp"

namespace shoal::generations {

/// The main function of the probe's process: opens and closes what releases::Probe sends it, as a
/// worker would. `states` must not write. Returns the exit code.
int probe_main(const States& states);

}  // namespace shoal::generations
