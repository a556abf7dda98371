#include "crash/stack_of.hpp"

#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <mutex>

#include "crash/escape.hpp"
#include "crash/stack.hpp"
#include "crash/trace.hpp"

namespace shoal::crash {
namespace {

using Clock = std::chrono::steady_clock;  // CLOCK_MONOTONIC

// The first few are what libraries and debuggers take.
int sample_signal() { return SIGRTMIN + 7; }

enum class State { kIdle, kAsked, kAnswering, kAnswered };

// The one question that is open. `asked` goes to kAnswering by the thread that is meant, and from
// there only that thread moves it on; so its stack is never overwritten while it writes it.
std::mutex mutex;  // held by who asks
std::atomic<State> asked{State::kIdle};
std::atomic<pid_t> meant{0};
Stack stack;  // of the thread that answers, then of the one that asked
sem_t answered;

void answer(int, siginfo_t*, void* context) noexcept {
  const int error = errno;
  State state = State::kAsked;
  if (meant.load() == ::gettid() && asked.compare_exchange_strong(state, State::kAnswering)) {
    allow_faults();
    walk(stack, context);
    asked = State::kAnswered;
    ::sem_post(&answered);
  }
  errno = error;
}

void install_answer() {
  prepare_to_walk();
  ::sem_init(&answered, 0, 0);
  struct sigaction action {};
  action.sa_sigaction = &answer;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  ::sigfillset(&action.sa_mask);
  ::sigaction(sample_signal(), &action, nullptr);
}

bool wait_for_answer(Clock::time_point deadline) {
  const auto rest = deadline.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(rest);
  const timespec until{seconds.count(), std::chrono::nanoseconds(rest - seconds).count()};
  while (asked != State::kAnswered) {
    if (::sem_clockwait(&answered, CLOCK_MONOTONIC, &until) != 0 && errno != EINTR) break;
  }
  return asked == State::kAnswered;
}

}  // namespace

std::vector<Frame> frames_of_thread(pid_t thread, std::chrono::milliseconds timeout) {
  static std::once_flag once;
  std::call_once(once, &install_answer);
  const auto deadline = Clock::now() + timeout;
  const std::lock_guard lock(mutex);
  // One that was too slow for an earlier question may still be writing.
  if (asked == State::kAnswering && !wait_for_answer(deadline)) return {};

  meant = thread;
  asked = State::kAsked;
  if (::syscall(SYS_tgkill, ::getpid(), thread, sample_signal()) != 0) {
    asked = State::kIdle;
    return {};
  }
  if (!wait_for_answer(deadline)) {
    State state = State::kAsked;
    if (asked.compare_exchange_strong(state, State::kIdle)) return {};
    // It has just begun, and that takes it a moment.
    if (!wait_for_answer(Clock::now() + timeout)) return {};
  }
  asked = State::kIdle;
  return {stack.frames.begin(), stack.frames.begin() + static_cast<std::ptrdiff_t>(stack.size)};
}

std::string stack_of(pid_t thread, std::chrono::milliseconds timeout) {
  std::string text;
  for (const auto& line : Trace(frames_of_thread(thread, timeout)).lines()) text += line + "\n";
  return text;
}

}  // namespace shoal::crash
