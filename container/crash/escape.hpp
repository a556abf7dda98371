#pragma once

namespace shoal::crash {

/// Runs `step(argument)`; false when a fault within it cut it short (see `escape`). What it has
/// written to memory by then stands. Safe in a signal handler; may be nested.
///
/// REQUIRES: the step holds nothing on its stack that must be destroyed, and takes no lock.
bool guarded(void (*step)(void*), void* argument) noexcept;

/// Lets faults reach their handler while another handler runs: to be called by a handler before its
/// first guarded step. The mask is the old one again when that handler returns.
void allow_faults() noexcept;

/// To be called first by the handler of a fault: if the fault lies in a guarded step of this
/// thread, goes on behind that step and does not return.
void escape() noexcept;

}  // namespace shoal::crash
