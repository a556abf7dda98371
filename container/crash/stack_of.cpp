#include "crash/stack_of.hpp"

#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <mutex>

#include "base/mutex.hpp"
#include "crash/escape.hpp"
#include "crash/stack.hpp"
#include "crash/trace.hpp"

namespace shoal::crash {
namespace {

using Clock = std::chrono::steady_clock;  // CLOCK_MONOTONIC

// Libraries and debuggers use the first real-time signals.
int sample_signal() { return SIGRTMIN + 7; }

enum class State { kIdle, kAsked, kAnswering, kAnswered };

// There is one request for a stack at a time. Only the target thread sets `state` to kAnswering,
// and only that thread then sets it to kAnswered, so that no other thread touches `stack`
// meanwhile.
base::Mutex one_at_a_time;  // held by the thread that asks
std::atomic<State> state{State::kIdle};
std::atomic<pid_t> target{0};
Stack stack;  // used by the target thread, and after kAnswered by the thread that asks
sem_t answered;

void answer(int, siginfo_t*, void* context) noexcept {
  const int error = errno;
  State expected = State::kAsked;
  if (target.load() == ::gettid() && state.compare_exchange_strong(expected, State::kAnswering)) {
    allow_faults();
    walk(stack, context);
    state = State::kAnswered;
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

bool wait_for_answer(Clock::time_point deadline) SHOAL_REQUIRES(one_at_a_time) {
  const auto rest = deadline.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(rest);
  const timespec until{seconds.count(), std::chrono::nanoseconds(rest - seconds).count()};
  while (state != State::kAnswered) {
    if (::sem_clockwait(&answered, CLOCK_MONOTONIC, &until) != 0 && errno != EINTR) break;
  }
  return state == State::kAnswered;
}

}  // namespace

std::vector<Frame> frames_of_thread(pid_t thread, std::chrono::milliseconds timeout) {
  static std::once_flag once;
  std::call_once(once, &install_answer);
  const auto deadline = Clock::now() + timeout;
  const base::MutexLock lock(one_at_a_time);
  // The target of an earlier request that timed out may still be writing.
  if (state == State::kAnswering && !wait_for_answer(deadline)) return {};

  target = thread;
  state = State::kAsked;
  if (::syscall(SYS_tgkill, ::getpid(), thread, sample_signal()) != 0) {
    state = State::kIdle;
    return {};
  }
  if (!wait_for_answer(deadline)) {
    State expected = State::kAsked;
    if (state.compare_exchange_strong(expected, State::kIdle)) return {};
    // The thread has just begun to answer and needs a moment.
    if (!wait_for_answer(Clock::now() + timeout)) return {};
  }
  state = State::kIdle;
  return {stack.frames.begin(), stack.frames.begin() + static_cast<std::ptrdiff_t>(stack.size)};
}

std::string stack_of(pid_t thread, std::chrono::milliseconds timeout) {
  std::string text;
  for (const auto& line : Trace(frames_of_thread(thread, timeout)).lines()) text += line + "\n";
  return text;
}

}  // namespace shoal::crash
