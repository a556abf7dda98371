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

TEST_F(Crashing, NamesTheFunctionOfTheModuleThatWroteToNull) {
  crash("bite");
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report told = report();
  EXPECT_EQ(told.signal, SIGSEGV);
  EXPECT_EQ(told.signal_name, "SIGSEGV");
  EXPECT_EQ(told.cause, "nothing is mapped there");
  EXPECT_EQ(told.address, "0x0");
  ASSERT_GT(told.stack.size(), 2U);
  EXPECT_THAT(told.stack.at(0),
              AllOf(StartsWith("#0 0x"),
                    HasSubstr("pond::(anonymous namespace)::Fish::bite(int volatile*)+0x"),
                    HasSubstr("(pond.fish.so+0x")));
  EXPECT_THAT(told.stack.at(1), AllOf(StartsWith("#1 0x"), HasSubstr(" swim+0x")));
  EXPECT_THAT(text_of(told.stack), HasSubstr(" main+0x"));
  EXPECT_TRUE(told.whole);
}

TEST_F(Crashing, SaysWhoDidWhatAndWhen) {
  const auto before = std::chrono::system_clock::now() - std::chrono::seconds(1);
  crash("bite");
  const Report told = report();
  EXPECT_EQ(told.pid, pid_);
  EXPECT_EQ(told.tid, pid_);
  EXPECT_GE(told.time, before);
  EXPECT_LE(told.time, std::chrono::system_clock::now());
  EXPECT_EQ(told.thread, "crasher");
  EXPECT_EQ(told.id, "7f3a");
  EXPECT_EQ(told.request, "GET /pond/fish?\\x0d\\x0aforged: line");
  EXPECT_EQ(told.module, "pond.fish");
  EXPECT_EQ(told.group, "pond");
  EXPECT_EQ(told.generation, "pond/3");
  EXPECT_THAT(told.files, ::testing::ElementsAre("pond.fish.so 00aa", "pond.frog.so 00bb"));
  EXPECT_EQ(told.summary(),
            "SIGSEGV (nothing is mapped there) at 0x0 in pond.fish (pond/3), "
            "GET /pond/fish?\\x0d\\x0aforged: line");
}

TEST_F(Crashing, NamesTheFileAndBuildIdOfTheCodeAtFault) {
  crash("bite");
  const Report told = report();
  EXPECT_EQ(told.code, (stage() / "pond.fish.so").native());
  EXPECT_EQ(told.build_id, "00112233445566778899aabbccddeeff");  // see CMakeLists.txt
}

TEST_F(Crashing, ReportsAnAbort) {
  crash("give_up");
  EXPECT_EQ(died_by(), SIGABRT);
  const Report told = report();
  EXPECT_EQ(told.signal_name, "SIGABRT");
  EXPECT_EQ(told.cause, "raised by itself");
  EXPECT_THAT(told.stack.at(0), Not(HasSubstr("pond.fish.so")));  // the C library's own
  EXPECT_THAT(text_of(told.stack), HasSubstr("Fish::give_up()+0x"));
  EXPECT_EQ(told.code, (stage() / "pond.fish.so").native());
}

TEST_F(Crashing, ReportsACallOfExit) {
  crash("leave", {"thread"});
  EXPECT_EQ(died_by(), SIGABRT);
  const Report told = report();
  EXPECT_EQ(told.cause, "exit(3) was called");
  EXPECT_EQ(told.generation, "pond/3");
  EXPECT_THAT(text_of(told.stack), HasSubstr("Fish::leave()+0x"));
}

TEST_F(Crashing, IsNotWhatTheMainThreadDoesWhenItLeaves) {
  crash("leave");
  EXPECT_EQ(exit_code(), 3);
  EXPECT_FALSE(read_report(crashes(), pid_));
}

TEST_F(Crashing, ReportsADivisionByZero) {
  crash("share");
  EXPECT_EQ(died_by(), SIGFPE);
  const Report told = report();
  EXPECT_EQ(told.cause, "integer divided by zero");
  EXPECT_THAT(told.stack.at(0), HasSubstr("Fish::share(int volatile*)+0x"));
}

TEST_F(Crashing, ReportsATrap) {
  crash("trap");
  EXPECT_EQ(died_by(), SIGILL);
  EXPECT_THAT(report().stack.at(0), HasSubstr("Fish::trap()+0x"));
}

TEST_F(Crashing, ReportsAMappedFileThatHasBecomeShorter) {
  crash("read_past_the_end");
  EXPECT_EQ(died_by(), SIGBUS);
  EXPECT_THAT(report().stack.at(0), HasSubstr("Fish::read_past_the_end(char const*)+0x"));
}

TEST_F(Crashing, ReportsAStackOverflowInItsInnermostFrames) {
  crash("dive");
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report told = report();
  EXPECT_THAT(told.stack, SizeIs(64));
  EXPECT_THAT(told.stack.at(0), HasSubstr("Fish::dive(int)+0x"));
  EXPECT_THAT(told.stack.at(63), HasSubstr("Fish::dive(int)+0x"));
  EXPECT_TRUE(told.whole);
}

TEST_F(Crashing, ReportsAStackOverflowOfAnotherThread) {
  crash("dive", {"thread"});
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report told = report();
  EXPECT_NE(told.tid, pid_);
  EXPECT_EQ(told.module, "pond.fish");
  EXPECT_THAT(told.stack.at(0), HasSubstr("Fish::dive(int)+0x"));
}

TEST_F(Crashing, NamesTheCallerOfANullPointer) {
  crash("call_null");
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report told = report();
  ASSERT_GT(told.stack.size(), 3U);
  EXPECT_EQ(told.stack.at(0), "#0 0x0");
  EXPECT_THAT(told.stack.at(1), HasSubstr("Fish::call(void (*)())+0x"));
  EXPECT_THAT(told.stack.at(2), HasSubstr(" swim+0x"));
}

TEST_F(Crashing, NamesTheCallerOfAnAddressWithoutCode) {
  crash("call_nowhere");
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report told = report();
  ASSERT_GT(told.stack.size(), 3U);
  EXPECT_EQ(told.stack.at(0), "#0 0x1000");
  EXPECT_THAT(told.stack.at(1), HasSubstr("Fish::call(void (*)())+0x"));
}

TEST_F(Crashing, TellsWhatCanBeToldOfASmashedStack) {
  crash("smash");
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report told = report();
  EXPECT_THAT(told.stack.at(0), HasSubstr("Fish::smash()+0x"));
  EXPECT_THAT(text_of(told.stack), Not(HasSubstr(" main+0x")));  // the way back is lost
  EXPECT_EQ(told.module, "pond.fish");
  EXPECT_TRUE(told.whole);
}

TEST_F(Crashing, ReportsACrashWhileTheLinkerIsAtWork) {
  start({"1/pond.hasty.so", "bite", "no_activity"});
  wait();
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report told = report();
  EXPECT_THAT(told.stack.at(0), HasSubstr("Hasty::Hasty()+0x"));
  EXPECT_EQ(told.code, (stage() / "pond.hasty.so").native());
  EXPECT_TRUE(told.whole);
}

TEST_F(Crashing, IsAttributedToItsModuleInAThreadThatDoesNothingKnown) {
  crash("in_a_thread_of_its_own");
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report told = report();
  EXPECT_THAT(told.module, IsEmpty());
  EXPECT_THAT(told.request, IsEmpty());
  EXPECT_EQ(told.code, (stage() / "pond.fish.so").native());
  EXPECT_THAT(told.summary(), HasSubstr(" in pond.fish.so"));
}

TEST_F(Crashing, IsReportedOnceWhenTwoThreadsDoItAtOnce) {
  crash("two_at_once");
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report told = report();
  EXPECT_THAT(told.stack.at(0), HasSubstr("Fish::bite(int volatile*)+0x"));
  EXPECT_TRUE(told.whole);
}

TEST_F(Crashing, IsReportedWhenNoDescriptorIsLeft) {
  crash("bite", {"no_descriptors"});
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report told = report();
  EXPECT_THAT(told.stack.at(0), HasSubstr("Fish::bite(int volatile*)+0x"));
  EXPECT_EQ(told.code, (stage() / "pond.fish.so").native());
  EXPECT_TRUE(told.whole);
}

TEST_F(Crashing, NamesWhoHasSentTheSignal) {
  start({"1/pond.fish.so", "wait"});
  while (output().find("waiting") == std::string::npos) ::usleep(1000);
  ::kill(pid_, SIGBUS);
  wait();
  EXPECT_EQ(died_by(), SIGBUS);
  EXPECT_EQ(report().cause, "sent by process " + std::to_string(::getpid()));
}

TEST_F(Crashing, CostsOnlyThePartOfTheReportThatCrashesAsWell) {
  crash("bite", {"bad_files"});
  EXPECT_EQ(died_by(), SIGSEGV);
  const Report told = report();
  EXPECT_THAT(told.files, IsEmpty());
  EXPECT_THAT(told.stack.at(0), HasSubstr("Fish::bite(int volatile*)+0x"));
  EXPECT_TRUE(told.whole);
}

TEST_F(Crashing, IsReportedOnStandardErrorWhenTheFolderIsGone) {
  crash("bite", {"no_folder"});
  EXPECT_EQ(died_by(), SIGSEGV);
  EXPECT_EQ(read_report(crashes(), pid_), std::nullopt);
  EXPECT_THAT(output(), AllOf(HasSubstr("shoal crash report\nsignal: 11 SIGSEGV\n"),
                              ContainsRegex("#0 0x[0-9a-f]+ [^ ]*Fish4bite[^ ]* ")));
}

TEST_F(Crashing, EndsEvenWhenNobodyTakesTheReport) {
  crash("bite", {"no_folder", "deaf"});
  EXPECT_EQ(died_by(), SIGSEGV);
}

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
// ThreadSanitizer hands a signal on at the thread's next call, and this one makes none.
TEST_F(Crashing, IsNotWhatALookAtAnotherThreadLeadsTo) {
  crash("look");
  EXPECT_EQ(exit_code(), 0);
  EXPECT_THAT(output(), AllOf(StartsWith("#0 0x"), HasSubstr("lose_the_frame()+0x")));
  EXPECT_TRUE(unread_reports(crashes()).empty());
}
#endif

TEST_F(Crashing, LeavesTheChildrenOfAModuleToThemselves) {
  crash("in_a_child");
  EXPECT_EQ(exit_code(), 40 + SIGSEGV);  // of the child
  EXPECT_TRUE(unread_reports(crashes()).empty());
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// These two bring a heap of their own.
TEST_F(Crashing, IsReportedWhileTheHeapIsLocked) {
  crash("free_what_is_broken");
  EXPECT_EQ(died_by(), SIGABRT);
  const Report told = report();
  EXPECT_THAT(text_of(told.stack), HasSubstr("Fish::free_what_is_broken()+0x"));
  EXPECT_TRUE(told.whole);
}
#endif

}  // namespace
}  // namespace shoal::crash
