#include "worker/ending.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "base/debugged.hpp"

namespace shoal::worker {
namespace {

constexpr std::chrono::milliseconds kSupervisorCheck{100};
constexpr unsigned kOrphanSeconds = 1;

// Of the signal handler.
std::atomic<unsigned> seconds_left{0};
std::atomic<bool> orphaned{false};

void exit_now(int) {
  if (base::being_debugged(::getpid())) {
    ::alarm(seconds_left);
    return;
  }
  constexpr std::string_view kLate =
      "shoal: modules are still being destroyed after workers.grace; exiting\n";
  constexpr std::string_view kOrphaned =
      "shoal: the supervisor is gone while modules are still being made or destroyed; exiting\n";
  const std::string_view line = orphaned ? kOrphaned : kLate;
  static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
  std::_Exit(0);  // as _exit(2), but ThreadSanitizer does not look for threads that nobody joins
}

void exit_after(unsigned seconds) {
  seconds_left = seconds;
  ::alarm(seconds);
}

void look_for(int supervisor) {
  pollfd watched{supervisor, 0, 0};  // for its end alone
  if (orphaned || ::poll(&watched, 1, 0) <= 0) return;
  orphaned = true;
  exit_after(std::min(kOrphanSeconds, seconds_left.load()));
}

void prepare_exit(std::chrono::milliseconds rest) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(rest).count();
  std::signal(SIGALRM, exit_now);
  exit_after(static_cast<unsigned>(std::max<long>(1, seconds)));
}

}  // namespace

Ending::Ending(int supervisor, std::chrono::milliseconds rest)
    : ticker_((prepare_exit(rest), kSupervisorCheck), [supervisor] { look_for(supervisor); }) {}

}  // namespace shoal::worker
