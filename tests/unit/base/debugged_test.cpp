#include "base/debugged.hpp"

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <csignal>

namespace shoal::base {
namespace {

using namespace std::chrono_literals;

/// A process that does nothing. Killed by the destructor.
class Idle {
 public:
  Idle() : id_(::fork()) {
    if (id_ != 0) return;
    for (;;) ::pause();
  }
  ~Idle() {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }
  Idle(const Idle&) = delete;
  Idle& operator=(const Idle&) = delete;

  pid_t id() const { return id_; }

 private:
  const pid_t id_;
};

TEST(BeingDebugged, IsTrueWhileADebuggerIsAttached) {
  const Idle idle;
  EXPECT_FALSE(being_debugged(idle.id()));
  ASSERT_EQ(::ptrace(PTRACE_SEIZE, idle.id(), nullptr, nullptr), 0);
  EXPECT_TRUE(being_debugged(idle.id()));
  EXPECT_FALSE(being_debugged(::getpid())) << "it is the debugger";
  ASSERT_EQ(::ptrace(PTRACE_INTERRUPT, idle.id(), nullptr, nullptr), 0);
  ASSERT_EQ(::waitpid(idle.id(), nullptr, __WALL), idle.id());
  ASSERT_EQ(::ptrace(PTRACE_DETACH, idle.id(), nullptr, nullptr), 0);
  EXPECT_FALSE(being_debugged(idle.id()));
}

TEST(BeingDebugged, IsFalseForAProcessThatHasEnded) {
  pid_t id = 0;
  {
    const Idle idle;
    id = idle.id();
  }
  errno = EDOM;
  EXPECT_FALSE(being_debugged(id));
  EXPECT_EQ(errno, EDOM) << "a signal handler may ask";
}

TEST(RunsFreely, BeginsAnewWhenTheDebuggerHasLeft) {
  RunsFreely runs;
  const auto start = RunsFreely::Clock::now();
  EXPECT_LE(runs.since(start, false), start);
  EXPECT_EQ(runs.since(start + 1s, true), start + 1s);
  EXPECT_EQ(runs.since(start + 2s, true), start + 2s);
  EXPECT_EQ(runs.since(start + 3s, false), start + 2s);
  EXPECT_EQ(runs.since(start + 6s, false), start + 2s);
}

TEST(RunsFreely, BeginsAnewWhenTheProcessWasStopped) {
  RunsFreely runs;
  const auto start = RunsFreely::Clock::now();
  EXPECT_LT(runs.since(start + 1s, false), start + 1s);
  EXPECT_EQ(runs.since(start + 31s, false), start + 31s) << "a debugger came and left in between";
}

}  // namespace
}  // namespace shoal::base
