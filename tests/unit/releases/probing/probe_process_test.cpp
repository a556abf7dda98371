#include "releases/probing/probe_process.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <thread>

#include "system/eventually.hpp"

namespace shoal::releases {
namespace {

using namespace std::chrono_literals;

/// Has the calling thread, and what it starts, live without pidfd_open, as under valgrind.
void forbid_pidfd_open() {
  std::array<sock_filter, 4> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{program.size(), program.data()};
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
  ASSERT_EQ(::syscall(SYS_pidfd_open, ::getpid(), 0), -1);
  ASSERT_EQ(errno, ENOSYS);
}

std::vector<std::string> shell(const std::string& line) { return {"/bin/sh", "-c", line}; }

/// What a process that runs this line of shell leaves behind.
Remains remains_of(const std::string& line, std::chrono::milliseconds limit = 5min) {
  return ProbeProcess(shell(line)).run("request", limit).value_or(Remains{});
}

void expect_that_ends_are_noticed() {
  const auto ended = remains_of("cat <&3; echo report >&4; exit 7");
  EXPECT_EQ(ended.output, "request");
  EXPECT_EQ(ended.report, "report\n");
  EXPECT_FALSE(ended.late);
  ASSERT_TRUE(ended.status);
  EXPECT_EQ(WEXITSTATUS(*ended.status), 7);

  const auto killed = remains_of("cat <&3; kill -SEGV $$");
  ASSERT_TRUE(killed.status);
  EXPECT_EQ(WTERMSIG(*killed.status), SIGSEGV);

  const auto hangs = remains_of("cat <&3; echo before; sleep 1000", 50ms);
  EXPECT_TRUE(hangs.late);
}

TEST(AProbeProcess, IsNoticedWhenItEnds) { expect_that_ends_are_noticed(); }

TEST(AProbeProcess, IsNoticedWhenItEndsWithoutPidfdOpen) {
  std::thread([] {
    forbid_pidfd_open();
    if (!::testing::Test::HasFatalFailure()) expect_that_ends_are_noticed();
  }).join();
}

TEST(AProbeProcess, MayTakeAsLongAsADebuggerIsAttached) {
  std::string file = (std::filesystem::temp_directory_path() / "shoal-probe.XXXXXX").native();
  ::close(::mkstemp(file.data()));
  // Calls no other program before the last one, whose end would stop it under a debugger.
  ProbeProcess probe(shell("echo $$ >" + file + "; read line <&3; exec sleep 0.3"));
  pid_t id = 0;
  ASSERT_TRUE(system::eventually([&] {
    std::ifstream stream(file);
    std::string line;
    if (!std::getline(stream, line) || stream.eof()) return false;
    id = std::stoi(line);
    return true;
  }));
  std::filesystem::remove(file);
  ASSERT_EQ(::ptrace(PTRACE_SEIZE, id, nullptr, nullptr), 0);
  const auto remains = probe.run("request", 20ms);
  ASSERT_TRUE(remains && remains->status) << "it was killed after 20 ms";
  EXPECT_EQ(*remains->status, 0);
}

}  // namespace
}  // namespace shoal::releases
