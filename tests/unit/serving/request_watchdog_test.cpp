#include "serving/request_watchdog.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "base/debugged.hpp"
#include "serving/router.hpp"
#include "system/eventually.hpp"

namespace shoal::serving {
namespace {

using namespace std::chrono_literals;
using system::eventually;

/// A process that is attached to the test as a debugger while this object lives, and lets it run
/// on.
class Debugger {
 public:
  Debugger() : id_(::fork()) {
    if (id_ == 0) debug(::getppid());
    ::prctl(PR_SET_PTRACER, id_);  // needed where only a parent may debug its child
  }
  ~Debugger() {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }
  Debugger(const Debugger&) = delete;
  Debugger& operator=(const Debugger&) = delete;

 private:
  [[noreturn]] static void debug(pid_t process) {
    while (::ptrace(PTRACE_SEIZE, process, nullptr, nullptr) != 0) ::usleep(1'000);
    for (int status = 0; ::waitpid(process, &status, __WALL) == process;) {
      ::ptrace(PTRACE_CONT, process, nullptr, WSTOPSIG(status));
    }
    ::_exit(0);
  }

  const pid_t id_;
};

TEST(ARequestWatchdog, DoesNotReplaceAProcessThatIsDebugged) {
  Scoreboard scoreboard(1);
  StackLog stacks("/nowhere/shoal-symbolize");
  std::atomic<int> replaced{0};
  ThreadSlot& slot = scoreboard.slot(0);
  slot.start();
  const Route route{{}, "/", "lone", 1ms};
  Visit visit;
  visit.began = Visit::Clock::now();
  visit.request = "GET /";
  visit.id = "id";
  visit.route = &route;
  {
    const Debugger debugger;
    ASSERT_TRUE(eventually([] { return base::being_debugged(::getpid()); }));
    const RequestWatchdog watchdog(scoreboard, stacks, 0ms,
                                   [&](const std::string&) { ++replaced; });
    slot.publish(visit, ThreadSlot::State::kWaiting, visit.began);
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(replaced, 0);
  }
  ASSERT_TRUE(eventually([] { return !base::being_debugged(::getpid()); }));
  const RequestWatchdog watchdog(scoreboard, stacks, 0ms, [&](const std::string&) { ++replaced; });
  EXPECT_TRUE(eventually([&] { return replaced == 1; }));
  slot.clear(visit.began);
}

}  // namespace
}  // namespace shoal::serving
