#include "supervisor/exit_status.hpp"

#include <sys/wait.h>

#include <cstring>

namespace shoal::supervisor {

int signal_of(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

std::string how_it_ended(int status) {
  if (const int signal = signal_of(status))
    return std::string("was ended by ") + ::strsignal(signal);
  return "exited by itself with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace shoal::supervisor
