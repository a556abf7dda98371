#pragma once

#include <filesystem>

namespace shoal::crash {

/// Installs the handlers of SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT. On such a signal the
/// process writes `folder/<pid>.report`: what happened, what the thread was doing (activity.hpp),
/// the first of its frames whose file is below `stages`, and its stack. Then the signal ends it,
/// with a core dump if the system is configured so. read_report.hpp reads the file. A call of
/// exit() by any thread but the main thread is a crash, too: it ends in SIGABRT, and the report has
/// the call.
///
/// The handler allocates nothing, takes no lock, and ends within five seconds in any state of the
/// process. A second fault costs only the part of the report in which it happens. A second thread
/// that crashes waits until the first one ends the process. If the file cannot be opened, the
/// report goes to standard error. A stack overflow is reported in threads that have a
/// base::SignalStack. A process that a module forks writes no report.
///
/// Replaces the handlers of sanitizers for these signals. Their other reports stay.
///
/// Makes the folder like base::PrivateFolder. Throws std::runtime_error, with the remedy, when that
/// fails. Call it once in each worker process, before it starts threads.
void install(const std::filesystem::path& folder, const std::filesystem::path& stages);

}  // namespace shoal::crash
