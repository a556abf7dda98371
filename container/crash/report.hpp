#pragma once

#include <filesystem>

namespace shoal::crash {

/// From now on, when this process dies of SIGSEGV, SIGBUS, SIGFPE, SIGILL or SIGABRT, it first
/// writes `folder/<pid>.report`: what happened, what the thread was doing (activity.hpp), the first
/// of its frames that lies below `stages`, and its stack. Then it dies by that same signal, with a
/// core if the system is set up so. read_report.hpp reads such a file. A call of exit() by any
/// thread but the main one is a crash too: it ends in SIGABRT, and the report tells of the call.
///
/// The handler allocates nothing and takes no lock. It ends within five seconds whatever state the
/// process is in, and a second fault costs only that part of the report in which it happens; a
/// second thread that crashes waits for the end. Where the file cannot be opened, the report goes
/// to standard error. A stack overflow is reported in threads that have a base::SignalStack. A
/// process that a module forks reports nothing.
///
/// Replaces the handlers of sanitizers for these signals; what they report by themselves, they
/// still do.
///
/// Makes the folder, as base::PrivateFolder does. Throws std::runtime_error, with the remedy, when
/// that fails. Call it once in
/// each worker process, before it starts threads.
void install(const std::filesystem::path& folder, const std::filesystem::path& stages);

}  // namespace shoal::crash
