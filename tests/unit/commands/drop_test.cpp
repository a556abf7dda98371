#include <dlfcn.h>
#include <signal.h>

#include <fstream>

#include "as_nobody.hpp"
#include "commands/commands.hpp"
#include "fake_container.hpp"

namespace shoal::commands {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

/// Drops a library of the system: `shoal drop` looks only whether a file is a shared object.
class DropCommand : public CommandTest {
 protected:
  DropCommand() {
    Dl_info library{};
    EXPECT_NE(::dladdr(::dlsym(RTLD_DEFAULT, "_Unwind_Resume"), &library), 0);
    fs::copy_file(library.dli_fname, here_ / "home.so");
  }

  Printed drop(DropArguments arguments = {}) const {
    if (arguments.paths.empty()) arguments.paths = {here_ / "home.so"};
    if (arguments.apps.empty()) arguments.config = config();
    return printed([&] { return commands::drop(arguments); });
  }
  bool is_in_place() const { return fs::exists(apps() / "home.so"); }
};

TEST_F(DropCommand, PrintsTheVerdictOfEachGroup) {
  container_answers(R"({"groups":[{"group":"home","verdict":"live","generation":"home/2"},)"
                    R"({"group":"other","verdict":"unchanged","generation":"other/1"}]})"
                    "\n");
  const auto [exit_code, out, err] = drop();
  EXPECT_EQ(exit_code, 0) << err;
  EXPECT_THAT(out,
              StartsWith("home <- " + (here_ / "home.so").native() + "\nhome: live, home/2, in "));
  EXPECT_THAT(out, HasSubstr(" ms\nother: unchanged, other/1\n"));
  EXPECT_EQ(err, "");
}

TEST_F(DropCommand, SendsTheDigestOfWhatItDropped) {
  std::ofstream(here_ / "digest") << "";
  container_answers(R"({"groups":[{"group":"home","verdict":"live"}]})"
                    "\n");
  drop();
  const auto question = container_->question();
  EXPECT_EQ(question.at("ask"), "drop");
  const std::string command = "sha256sum " + (apps() / "home.so").native() +
                              " | cut -d ' ' -f 1 > " + (here_ / "digest").native();
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::string digest;
  std::ifstream(here_ / "digest") >> digest;
  EXPECT_EQ(question.at("modules"), (nlohmann::json{{"home", digest}}));
}

TEST_F(DropCommand, FailsWhenAGroupIsRefusedOrOvertakenOrUndecided) {
  for (const std::string verdict : {"refused", "overtaken", "none"}) {
    container_answers(R"({"groups":[{"group":"home","verdict":")" + verdict +
                      R"(","generation":"home/1","reason":"a reason"}]})"
                      "\n");
    const auto [exit_code, out, err] = drop();
    EXPECT_EQ(exit_code, 1) << verdict;
    EXPECT_THAT(err, HasSubstr(": a reason; still serving home/1")) << verdict;
    EXPECT_TRUE(is_in_place());
    container_.reset();
    fs::remove(run() / "control.sock");
  }
}

TEST_F(DropCommand, IsGoodWhenNoContainerRuns) {
  const auto [exit_code, out, err] = drop();
  EXPECT_EQ(exit_code, 0);
  EXPECT_THAT(err, HasSubstr("the files are in place, and the next start reads them"));
  EXPECT_TRUE(is_in_place());
}

TEST_F(DropCommand, IsGoodWithoutAccessAndSaysHowToGetIt) {
  container_answers("");
  for (const auto& path : {here_, apps()}) fs::permissions(path, fs::perms::all);
  fs::permissions(run(), fs::perms::none);
  Printed result;
  {
    const AsNobody nobody;
    result = drop();
  }
  fs::permissions(run(), fs::perms::owner_all);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("may not ask the container"));
  EXPECT_THAT(result.err, HasSubstr("control.group"));
  EXPECT_TRUE(is_in_place());
}

TEST_F(DropCommand, FailsWithoutAVerdictInTime) {
  container_answers("{\"progress\":\"probing\"}\n", FakeContainer::Then::kStaySilent);
  const auto [exit_code, out, err] = drop({.wait = milliseconds(20)});
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(err, HasSubstr("the files are in place, but there is no verdict yet"));
  EXPECT_THAT(err, HasSubstr("within 20ms"));
}

TEST_F(DropCommand, FailsWhenTheAnswerIsBroken) {
  for (const std::string bytes : {"{\"groups\":[{\"gro", "{}\n", "{\"groups\":7}\n"}) {
    container_answers(bytes);
    const auto [exit_code, out, err] = drop();
    EXPECT_EQ(exit_code, 1) << bytes;
    EXPECT_THAT(err, HasSubstr("the files are in place, but there is no verdict")) << bytes;
    container_.reset();
    fs::remove(run() / "control.sock");
  }
}

TEST_F(DropCommand, TellsTheErrorThatTheContainerAnswers) {
  container_answers("{\"error\":\"out of descriptors\"}\n");
  const auto [exit_code, out, err] = drop();
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(err, HasSubstr("there is no verdict: out of descriptors"));
}

TEST_F(DropCommand, DoesNotAskWithNoWaitOrWithAnAppsFolder) {
  const auto without_wait = drop({.no_wait = true});
  EXPECT_EQ(without_wait.exit_code, 0);
  EXPECT_EQ(without_wait.err, "");
  const auto with_apps = drop({.apps = apps(), .as = "other"});
  EXPECT_EQ(with_apps.exit_code, 0);
  EXPECT_EQ(with_apps.err, "");
  EXPECT_TRUE(fs::exists(apps() / "other.so"));
}

TEST_F(DropCommand, PrintsJson) {
  container_answers(R"({"groups":[{"group":"home","verdict":"refused","reason":"a reason"}]})"
                    "\n");
  const auto [exit_code, out, err] = drop({.json = true});
  EXPECT_EQ(exit_code, 1);
  EXPECT_EQ(err, "");
  const auto printed = nlohmann::json::parse(out);
  EXPECT_EQ(printed.at("dropped").at(0).at("module"), "home");
  EXPECT_EQ(printed.at("groups").at(0).at("reason"), "a reason");
}

TEST_F(DropCommand, NeedsAConfigurationThatNamesTheAppsFolder) {
  const auto absent = drop({.config = "", .apps = here_ / "absent"});
  EXPECT_EQ(absent.exit_code, 1);
  std::ofstream(config()) << "run: run\n";
  const auto [exit_code, out, err] = drop();
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(err, HasSubstr("apps: missing"));
  EXPECT_THAT(err, HasSubstr("nothing was dropped"));
}

/// Drops, and sends SIGINT to this process when the container was asked. Ends this process.
class InterruptedDrop : public DropCommand {
 protected:
  [[noreturn]] void drop_and_exit() {
    sigset_t interrupts;  // blocked in all threads, as in a program of one thread
    sigemptyset(&interrupts);
    sigaddset(&interrupts, SIGINT);
    pthread_sigmask(SIG_BLOCK, &interrupts, nullptr);
    container_answers("", FakeContainer::Then::kStaySilent);
    std::thread interrupter([this] {
      container_->wait_for_question();
      ::kill(::getpid(), SIGINT);
    });
    const int exit_code = commands::drop({.paths = {here_ / "home.so"}, .config = config()});
    interrupter.join();
    std::_Exit(is_in_place() ? exit_code : 99);
  }
};

TEST_F(InterruptedDrop, LeavesTheFilesInPlaceAndFails) {
  EXPECT_EXIT(drop_and_exit(), ::testing::ExitedWithCode(1),
              "a signal ended the wait for the verdict");
}

}  // namespace
}  // namespace shoal::commands
