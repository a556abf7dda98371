#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "crash/stack.hpp"

namespace shoal::crash {

/// Returns the current stack of another thread of this process: one line for each frame, the
/// innermost first, names demangled. Returns "" when the thread has ended or does not answer within
/// `timeout`: it waits in the kernel for a disk, or blocks the signal. `thread` is its id from
/// gettid().
///
/// Safe to call from any thread; a second caller waits for the first. Not for a signal handler, nor
/// for the calling thread itself.
///
/// The thread is interrupted by SIGRTMIN+7, as by a profiler. The kernel restarts its system call,
/// except for those that are never restarted (signal(7)): poll, epoll_wait, nanosleep,
/// sem_timedwait and others, and reads of sockets with a timeout, may fail with EINTR.
///
/// If the handlers of report.hpp are installed, a thread whose stack is corrupted continues
/// unharmed; without them the process may end. Under ThreadSanitizer a thread answers late, within
/// its next intercepted call, and a thread that waits for a mutex or in read() does not answer.
std::string stack_of(pid_t thread, std::chrono::milliseconds timeout);

/// The same, as frames. Returns no frames where stack_of returns "".
std::vector<Frame> frames_of_thread(pid_t thread, std::chrono::milliseconds timeout);

}  // namespace shoal::crash
