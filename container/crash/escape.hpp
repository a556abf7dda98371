#pragma once

namespace shoal::crash {

/// Runs `step(argument)`. Returns false if a fault (see `escape`) ended the step early; what it had
/// written to memory stays. Safe in a signal handler; may be nested.
///
/// REQUIRES: the step takes no lock and has no local object whose destructor must run.
bool guarded(void (*step)(void*), void* argument) noexcept;

/// Unblocks the signals of faults, so that their handler runs even while another handler does. Call
/// it in a handler before its first guarded step. The old mask is restored when that handler
/// returns.
void allow_faults() noexcept;

/// Call it first in the handler of a fault: if this thread is in a guarded step, ends that step and
/// does not return.
void escape() noexcept;

}  // namespace shoal::crash
