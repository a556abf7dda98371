#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "crash/stack.hpp"

namespace shoal::crash {

/// The stack of another thread of this process as it is now, innermost frame first, names
/// demangled, a line per frame; "" when the thread has ended, or has not answered within `timeout`:
/// it waits in the kernel for a disk, or blocks the signal. `thread` is what gettid() gave it.
///
/// Safe to call from any thread, one at a time: others wait. Not from a signal handler, nor for the
/// calling thread itself.
///
/// What the thread notices: it is interrupted by SIGRTMIN+7, as by a profiler. System calls are
/// restarted, but for those that never are (signal(7)): poll, epoll_wait, nanosleep, sem_timedwait
/// and such, and reads of sockets with a timeout, may end early with EINTR.
///
/// Where report.hpp is installed, a thread whose stack cannot be read to its end goes on unharmed;
/// elsewhere that may end the process. Under ThreadSanitizer a thread answers late, from within the
/// next call that this follows, and one that waits for a mutex or in read() does not answer.
std::string stack_of(pid_t thread, std::chrono::milliseconds timeout);

/// The same, as frames; empty instead of "".
std::vector<Frame> frames_of_thread(pid_t thread, std::chrono::milliseconds timeout);

}  // namespace shoal::crash
