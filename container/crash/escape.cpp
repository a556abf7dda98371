#include "crash/escape.hpp"

#include <csetjmp>

namespace shoal::crash {
namespace {

struct Exit {
  sigjmp_buf place;
  Exit* outer;
};

// Initial-exec: for a handler, see doing.cpp.
constinit thread_local Exit* innermost [[gnu::tls_model("initial-exec")]] = nullptr;

}  // namespace

bool guarded(void (*step)(void*), void* argument) noexcept {
  Exit exit{};
  exit.outer = innermost;
  if (sigsetjmp(exit.place, 1) != 0) return false;  // `escape` has set `innermost` back
  innermost = &exit;
  step(argument);
  innermost = exit.outer;
  return true;
}

void escape() noexcept {
  Exit* const exit = innermost;
  if (exit == nullptr) return;
  innermost = exit->outer;
  siglongjmp(exit->place, 1);
}

}  // namespace shoal::crash
