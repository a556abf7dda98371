#include "crash/escape.hpp"

#include <csetjmp>
#include <csignal>

#include "crash/signal_names.hpp"

namespace shoal::crash {
namespace {

struct Exit {
  sigjmp_buf place;
  Exit* outer;
};

// Initial-exec: safe in a handler, see activity.cpp.
constinit thread_local Exit* innermost [[gnu::tls_model("initial-exec")]] = nullptr;

}  // namespace

bool guarded(void (*step)(void*), void* argument) noexcept {
  Exit exit{};
  exit.outer = innermost;
  if (sigsetjmp(exit.place, 1) != 0) return false;  // `escape` has reset `innermost`
  innermost = &exit;
  step(argument);
  innermost = exit.outer;
  return true;
}

void allow_faults() noexcept {
  // Not with sa_mask and SA_NODEFER: ThreadSanitizer ignores them.
  sigset_t faults;
  ::sigemptyset(&faults);
  for (const int signal : kCrashes) ::sigaddset(&faults, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &faults, nullptr);
}

void escape() noexcept {
  Exit* const exit = innermost;
  if (exit == nullptr) return;
  innermost = exit->outer;
  siglongjmp(exit->place, 1);
}

}  // namespace shoal::crash
