#pragma once

#include <string>

// How a process ended, from its status as waitpid(2) returns it. Pure functions.
namespace shoal::supervisor {

/// Returns the signal that ended the process; 0 if it called exit.
int signal_of(int status);

/// Returns how it ended, for the log: `was ended by Segmentation fault`.
std::string how_it_ended(int status);

}  // namespace shoal::supervisor
