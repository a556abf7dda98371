#pragma once

#include "generations/context.hpp"

namespace shoal::generations {

/// The main function of the process of the probe: for each order of releases::ProbeProcess it forks
/// a process, which opens and closes a stage as a worker would. It opens no module itself, and must
/// have one thread. `states` must not write; they are called in the processes of the trials only.
/// Returns the exit code when there is no other order.
int probe_main(const States& states);

}  // namespace shoal::generations
