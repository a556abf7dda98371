#include "crashing.hpp"

#include <gmock/gmock.h>

#include <chrono>

namespace shoal::crash {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST_F(Crashing, NamesTheFunctionThatWroteToNull) {
  crash("bite");
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report crashed = report();
  EXPECT_EQ(crashed.signal, SIGSEGV);
  EXPECT_EQ(crashed.signal_name, "SIGSEGV");
  EXPECT_EQ(crashed.cause, "address not mapped");
  EXPECT_EQ(crashed.address, "0x0");
  ASSERT_GT(crashed.stack.size(), 2U);
  EXPECT_THAT(crashed.stack.at(0),
              AllOf(StartsWith("#0 0x"),
                    HasSubstr("pond::(anonymous namespace)::Fish::bite(int volatile*)+0x"),
                    HasSubstr("(pond.fish.so+0x")));
  EXPECT_THAT(crashed.stack.at(1), AllOf(StartsWith("#1 0x"), HasSubstr(" swim+0x")));
  EXPECT_THAT(text_of(crashed.stack), HasSubstr(" main+0x"));
  EXPECT_TRUE(crashed.whole);
}

TEST_F(Crashing, ReportsProcessTimeAndRequest) {
  const auto before = std::chrono::system_clock::now() - std::chrono::seconds(1);
  crash("bite");
  const Report crashed = report();
  EXPECT_EQ(crashed.pid, pid_);
  EXPECT_EQ(crashed.tid, pid_);
  EXPECT_GE(crashed.time, before);
  EXPECT_LE(crashed.time, std::chrono::system_clock::now());
  EXPECT_EQ(crashed.thread, "crasher");
  EXPECT_EQ(crashed.id, "7f3a");
  EXPECT_EQ(crashed.request, "GET /pond/fish?\\x0d\\x0aforged: line");
  EXPECT_EQ(crashed.module, "pond.fish");
  EXPECT_EQ(crashed.group, "pond");
  EXPECT_EQ(crashed.generation, "pond/3");
  EXPECT_THAT(crashed.files, ::testing::ElementsAre("pond.fish.so 00aa", "pond.frog.so 00bb"));
  EXPECT_EQ(crashed.summary(),
            "SIGSEGV (address not mapped) at 0x0 in pond.fish (pond/3), "
            "GET /pond/fish?\\x0d\\x0aforged: line");
}

TEST_F(Crashing, NamesTheFileAndBuildIdOfTheCodeAtFault) {
  crash("bite");
  const Report crashed = report();
  EXPECT_EQ(crashed.code, (stage() / "pond.fish.so").native());
  EXPECT_EQ(crashed.build_id, "00112233445566778899aabbccddeeff");  // see CMakeLists.txt
}

TEST_F(Crashing, ReportsAnAbort) {
  crash("give_up");
  EXPECT_EQ(died_by(), SIGABRT);
  const Report crashed = report();
  EXPECT_EQ(crashed.signal_name, "SIGABRT");
  EXPECT_EQ(crashed.cause, "raised by the process itself");
  EXPECT_THAT(crashed.stack.at(0), Not(HasSubstr("pond.fish.so")));  // of the C library
  EXPECT_THAT(text_of(crashed.stack), HasSubstr("Fish::give_up()+0x"));
  EXPECT_EQ(crashed.code, (stage() / "pond.fish.so").native());
}

TEST_F(Crashing, ReportsACallOfExit) {
  crash("leave", {"thread"});
  EXPECT_EQ(died_by(), SIGABRT);
  const Report crashed = report();
  EXPECT_EQ(crashed.cause, "exit(3) was called");
  EXPECT_EQ(crashed.generation, "pond/3");
  EXPECT_THAT(text_of(crashed.stack), HasSubstr("Fish::leave()+0x"));
}

TEST_F(Crashing, IsNotAnExitOfTheMainThread) {
  crash("leave");
  EXPECT_EQ(exit_code(), 3);
  EXPECT_FALSE(read_report(crashes(), pid_));
}

TEST_F(Crashing, ReportsADivisionByZero) {
  crash("share");
  EXPECT_EQ(died_by(), SIGFPE);
  const Report crashed = report();
  EXPECT_EQ(crashed.cause, "integer divided by zero");
  EXPECT_THAT(crashed.stack.at(0), HasSubstr("Fish::share(int volatile*)+0x"));
}

TEST_F(Crashing, ReportsATrap) {
  crash("trap");
  EXPECT_EQ(died_by(), SIGILL);
  EXPECT_THAT(report().stack.at(0), HasSubstr("Fish::trap()+0x"));
}

TEST_F(Crashing, ReportsAReadBehindTheEndOfAMappedFile) {
  crash("read_past_the_end");
  EXPECT_EQ(died_by(), SIGBUS);
  EXPECT_THAT(report().stack.at(0), HasSubstr("Fish::read_past_the_end(char const*)+0x"));
}

TEST_F(Crashing, ReportsTheInnermostFramesOfAStackOverflow) {
  crash("dive");
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report crashed = report();
  EXPECT_THAT(crashed.stack, SizeIs(64));
  EXPECT_THAT(crashed.stack.at(0), HasSubstr("Fish::dive(int)+0x"));
  EXPECT_THAT(crashed.stack.at(63), HasSubstr("Fish::dive(int)+0x"));
  EXPECT_TRUE(crashed.whole);
}

TEST_F(Crashing, ReportsAStackOverflowOfAnotherThread) {
  crash("dive", {"thread"});
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report crashed = report();
  EXPECT_NE(crashed.tid, pid_);
  EXPECT_EQ(crashed.module, "pond.fish");
  EXPECT_THAT(crashed.stack.at(0), HasSubstr("Fish::dive(int)+0x"));
}

TEST_F(Crashing, NamesTheCallerOfANullPointer) {
  crash("call_null");
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report crashed = report();
  ASSERT_GT(crashed.stack.size(), 3U);
  EXPECT_EQ(crashed.stack.at(0), "#0 0x0");
  EXPECT_THAT(crashed.stack.at(1), HasSubstr("Fish::call(void (*)())+0x"));
  EXPECT_THAT(crashed.stack.at(2), HasSubstr(" swim+0x"));
}

TEST_F(Crashing, NamesTheCallerOfAnAddressWithoutCode) {
  crash("call_nowhere");
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report crashed = report();
  ASSERT_GT(crashed.stack.size(), 3U);
  EXPECT_EQ(crashed.stack.at(0), "#0 0x1000");
  EXPECT_THAT(crashed.stack.at(1), HasSubstr("Fish::call(void (*)())+0x"));
}

TEST_F(Crashing, ReportsTheKnownPartOfACorruptedStack) {
  crash("smash");
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report crashed = report();
  EXPECT_THAT(crashed.stack.at(0), HasSubstr("Fish::smash()+0x"));
  EXPECT_THAT(text_of(crashed.stack), Not(HasSubstr(" main+0x")));  // the return addresses are lost
  EXPECT_EQ(crashed.module, "pond.fish");
  EXPECT_TRUE(crashed.whole);
}

TEST_F(Crashing, ReportsACrashInDlopen) {
  start({"1/pond.hasty.so", "bite", "no_activity"});
  wait();
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report crashed = report();
  EXPECT_THAT(crashed.stack.at(0), HasSubstr("Hasty::Hasty()+0x"));
  EXPECT_EQ(crashed.code, (stage() / "pond.hasty.so").native());
  EXPECT_TRUE(crashed.whole);
}

TEST_F(Crashing, IsAttributedToItsModuleInAThreadWithoutAnActivity) {
  crash("in_a_thread_of_its_own");
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report crashed = report();
  EXPECT_THAT(crashed.module, IsEmpty());
  EXPECT_THAT(crashed.request, IsEmpty());
  EXPECT_EQ(crashed.code, (stage() / "pond.fish.so").native());
  EXPECT_THAT(crashed.summary(), HasSubstr(" in pond.fish.so"));
}

TEST_F(Crashing, IsReportedOnceWhenTwoThreadsCrash) {
  crash("two_at_once");
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report crashed = report();
  EXPECT_THAT(crashed.stack.at(0), HasSubstr("Fish::bite(int volatile*)+0x"));
  EXPECT_TRUE(crashed.whole);
}

TEST_F(Crashing, IsReportedWhenNoDescriptorIsLeft) {
  crash("bite", {"no_descriptors"});
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report crashed = report();
  EXPECT_THAT(crashed.stack.at(0), HasSubstr("Fish::bite(int volatile*)+0x"));
  EXPECT_EQ(crashed.code, (stage() / "pond.fish.so").native());
  EXPECT_TRUE(crashed.whole);
}

TEST_F(Crashing, NamesTheProcessThatSentTheSignal) {
  start({"1/pond.fish.so", "wait"});
  while (output().find("waiting") == std::string::npos) ::usleep(1000);
  ::kill(pid_, SIGBUS);
  wait();
  EXPECT_EQ(died_by(), SIGBUS);
  EXPECT_EQ(report().cause, "sent by process " + std::to_string(::getpid()));
}

TEST_F(Crashing, LosesOnlyThePartOfTheReportThatCrashesToo) {
  crash("bite", {"bad_files"});
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report crashed = report();
  EXPECT_THAT(crashed.files, IsEmpty());
  EXPECT_THAT(crashed.stack.at(0), HasSubstr("Fish::bite(int volatile*)+0x"));
  EXPECT_TRUE(crashed.whole);
}

TEST_F(Crashing, IsReportedOnStandardErrorWhenTheFolderIsGone) {
  crash("bite", {"no_folder"});
  EXPECT_EQ(died_by(), SIGSEGV);
  EXPECT_EQ(read_report(crashes(), pid_), std::nullopt);
  EXPECT_THAT(output(), AllOf(HasSubstr("shoal crash report\nsignal: 11 SIGSEGV\n"),
                              ContainsRegex("#0 0x[0-9a-f]+ [^ ]*Fish4bite[^ ]* ")));
}

TEST_F(Crashing, EndsEvenWhenTheReportCannotBeWritten) {
  crash("bite", {"no_folder", "no_listener"});
  EXPECT_EQ(died_by(), SIGSEGV);
}

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
// ThreadSanitizer delivers a signal at the next call of a thread, and this thread makes no call.
TEST_F(Crashing, IsNotCausedByReadingTheStackOfAnotherThread) {
  crash("look");
  EXPECT_EQ(exit_code(), 0);
  EXPECT_THAT(output(), AllOf(StartsWith("#0 0x"), HasSubstr("lose_the_frame()+0x")));
  EXPECT_TRUE(unread_reports(crashes()).empty());
}
#endif

TEST_F(Crashing, DoesNotReportChildProcessesOfAModule) {
  crash("in_a_child");
  EXPECT_EQ(exit_code(), 40 + SIGSEGV);  // of the child
  EXPECT_TRUE(unread_reports(crashes()).empty());
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// These two sanitizers replace the heap.
TEST_F(Crashing, IsReportedWhileTheHeapIsLocked) {
  crash("free_what_is_broken");
  EXPECT_EQ(died_by(), SIGABRT);
  const Report crashed = report();
  EXPECT_THAT(text_of(crashed.stack), HasSubstr("Fish::free_what_is_broken()+0x"));
  EXPECT_TRUE(crashed.whole);
}
#endif

}  // namespace
}  // namespace shoal::crash
