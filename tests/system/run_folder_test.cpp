// The run folder belongs to the container alone. What another user could have put there is not
// used, and what was removed is created again.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <fstream>

#include "base/descriptor.hpp"
#include "built.hpp"
#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RunFolder : public Site {
 protected:
  explicit RunFolder(SiteOptions options = {}) : Site(std::move(options)) {}

  void SetUp() override { drop("1"); }

  fs::path run_folder() const { return here() / "run"; }

  /// Returns the run folder and the files below it, if their mode gives other users any right.
  std::vector<std::string> open_to_others() const {
    std::vector<std::string> open;
    const auto look = [&open](const fs::path& path) {
      struct stat status {};
      if (::lstat(path.c_str(), &status) == 0 && (status.st_mode & 0077) != 0) {
        open.push_back(path.native());
      }
    };
    look(run_folder());
    for (const auto& entry : fs::recursive_directory_iterator(run_folder())) look(entry.path());
    return open;
  }

  /// Kills the worker, and waits for the next one.
  void kill_worker() {
    const auto before = workers();
    ASSERT_EQ(before.size(), 1u);
    ASSERT_EQ(::kill(before.at(0), SIGKILL), 0);
    ASSERT_TRUE(eventually([&] { return workers().size() == 1 && workers() != before; }));
  }

  /// Has the module `deadly` crash, and waits for the report.
  void crash() {
    const std::size_t before = said("the report is");
    EXPECT_EQ(get("/lone?die").status, 502);
    ASSERT_TRUE(eventually([&] { return said("the report is") == before + 1; }));
  }

  /// Renames the file or folder before it is removed: rm would fail if the container created files
  /// in it meanwhile.
  void remove(const std::string& path) {
    shell("mv $HERE/" + path + " $HERE/gone; rm -r $HERE/gone");
  }

  bool has_recreated() const { return said("; made again") == 1; }
};

class AnyUmask : public RunFolder, public ::testing::WithParamInterface<const char*> {
 protected:
  AnyUmask() : RunFolder({.wrapper = std::string("umask ") + GetParam() + "; exec \"$@\""}) {}
};

TEST_P(AnyUmask, GivesOtherUsersNoRightsInTheRunFolder) {
  drop_file(std::string(built::kFolder) + "/apps/guestbook.so", "answers");
  start();
  EXPECT_EQ(get("/answers").status, 200) << "the guest book uses State";
  drop("deadly", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  crash();
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_THAT(open_to_others(), IsEmpty());
  for (const char* path :
       {"state/data.mdb", "releases/lone/2", "releases/lone/serve.json", "crashes"}) {
    EXPECT_TRUE(fs::exists(run_folder() / path)) << path;
  }
}

INSTANTIATE_TEST_SUITE_P(, AnyUmask, ::testing::Values("000", "002", "022"),
                         [](const auto& each) { return std::string(each.param); });

TEST_F(RunFolder, OfAnEarlierVersionIsClosedToOtherUsersWithoutAMessage) {
  start();
  EXPECT_EQ(stop_container(SIGTERM), 0);
  shell(
      "cd $HERE/run; chmod 755 stages crashes releases releases/lone; chmod 644 "
      "releases/lone/*.json");
  start_container();
  EXPECT_THAT(open_to_others(), IsEmpty());
  EXPECT_EQ(said(" run: "), 0u);
}

TEST_F(RunFolder, MayBeOpenToItsGroup) {
  shell("mkdir $HERE/run; chmod 710 $HERE/run");
  start();
  EXPECT_EQ(get("/lone").body, "lone 1\n");
}

TEST_F(RunFolder, ThatOtherUsersMayWriteToIsRefusedWithTheRemedy) {
  shell("mkdir $HERE/run; chmod 777 $HERE/run");
  const auto [exit_code, output] = serve_until_exit();
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr("run: " + run_folder().native() +
                                ": other users may write to it (mode 0777); remove what is not "
                                "yours there and run chmod go-w " +
                                run_folder().native()));
}

TEST_F(RunFolder, OfAnotherUserIsRefusedWithTheRemedy) {
  // As root, the test gives the folder to another user; otherwise it uses a folder of root.
  shell("[ $(id -u) = 0 ] && mkdir $HERE/run && chown 65534 $HERE/run || ln -s /usr $HERE/run");
  const auto [exit_code, output] = serve_until_exit();
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr("run: " + run_folder().native() + ": belongs to the user "));
  EXPECT_THAT(output, HasSubstr("run chown "));
}

/// A link in the run folder that leads to a file or folder of the container's user. Another user
/// could have put it there if the run folder was open to all.
class ForeignLink : public RunFolder, public ::testing::WithParamInterface<const char*> {
 protected:
  void plant() {
    shell("mkdir -m 700 $HERE/run $HERE/victim; echo text >$HERE/victim/file");
    const fs::path at = run_folder() / GetParam();
    const bool is_folder = at.extension().empty();
    fs::create_directories(at.parent_path());
    fs::create_symlink(here() / (is_folder ? "victim" : "victim/file"), at);
  }

  void TearDown() override {
    EXPECT_EQ(contents(here() / "victim/file"), "text\n");
    const fs::directory_iterator files(here() / "victim");
    EXPECT_EQ(std::distance(begin(files), end(files)), 1);
    RunFolder::TearDown();
  }
};

class RefusedLink : public ForeignLink {};

TEST_P(RefusedLink, IsNotFollowed) {
  plant();
  const auto [exit_code, output] = serve_until_exit();
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr((run_folder() / GetParam()).native() + ": is "));
  EXPECT_THAT(output, HasSubstr("; remove it"));
}

INSTANTIATE_TEST_SUITE_P(, RefusedLink,
                         ::testing::Values("shoal.pid", "stages", "releases", "crashes"),
                         [](const auto& each) { return fs::path(each.param).stem().native(); });

class ReplacedLink : public ForeignLink {};

TEST_P(ReplacedLink, IsNotFollowed) {
  plant();
  start();
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  drop("deadly", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  crash();
  shell(
      "$SHOAL status -c $HERE/shoal.yaml >$HERE/status || [ $? = 1 ]; grep -q lone/2 $HERE/status");
}

INSTANTIATE_TEST_SUITE_P(, ReplacedLink,
                         ::testing::Values("control.sock", "ledger", "ledger/lone.json", "kept",
                                           "releases/lone", "releases/lone/serve.json",
                                           "stages/old", "stages/old/link"),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::ranges::replace_if(
                               name, [](char c) { return !::isalpha(c); }, '_');
                           return name;
                         });

TEST_F(RunFolder, WithAChangedReleaseDoesNotUseIt) {
  start();
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  // Another module of the same size, which would load and answer.
  shell(
      "kept=$HERE/run/releases/lone/1/lone.so; size=$(stat -c %s $kept);"
      "[ $(stat -c %s $BUILT/2/lone.so) -le $size ]; cp $BUILT/2/lone.so $kept;"
      "truncate -s $size $kept");
  drop("deadly", {"lone"});
  for (int i = 0; i < 3; ++i) crash();
  EXPECT_TRUE(eventually([&] { return get("/lone").status == 503; }));
  EXPECT_EQ(said("differs from what was dropped"), 1u);
  drop("1", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 1\n");
}

TEST_F(RunFolder, WithAHeldLockNamesItsHolderAndLoadsTheDropOnceItIsReleased) {
  start();
  const std::string counter = (run_folder() / "stages" / ".count").native();
  base::Descriptor held(::open(counter.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::flock(held.get(), LOCK_EX), 0);
  const pid_t before = deployer();  // which has taken counts for its next stages already
  ASSERT_EQ(::kill(before, SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return deployer() != 0 && deployer() != before; }));
  drop("2", {"lone"});
  const std::string holder = "process " + std::to_string(::getpid()) + " (";
  EXPECT_TRUE(
      eventually([&] { return said(counter + ": waits for the lock that " + holder) == 1; }));
  held = base::Descriptor();
  EXPECT_EQ(get("/lone").body, "lone 2\n");
}

TEST_F(RunFolder, ThatWasRemovedIsCreatedAgainAndTheNextWorkerStarts) {
  start();
  remove("run");
  kill_worker();
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_TRUE(eventually([&] { return has_recreated(); }));
  EXPECT_THAT(open_to_others(), IsEmpty());
  shell("$SHOAL status -c $HERE/shoal.yaml | grep -q lone/2");
  EXPECT_EQ(contents(run_folder() / "shoal.pid"), std::to_string(container().id()) + "\n");
}

TEST_F(RunFolder, ThatWasRemovedDelaysNoDrop) {
  start();
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  remove("run");
  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n") << "the first request waits for it";
  EXPECT_EQ(said("cannot be loaded now"), 0u);
  EXPECT_TRUE(eventually([&] { return has_recreated(); }));
  drop("deadly", {"lone"});
  EXPECT_EQ(get("/lone?exit").status, 502);
  EXPECT_EQ(get("/lone").body, "lone 2\n") << "the next worker loads it";
}

class RemovedPart : public RunFolder, public ::testing::WithParamInterface<const char*> {};

TEST_P(RemovedPart, IsCreatedAgain) {
  start();
  remove(std::string("run/") + GetParam());
  drop("deadly", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_TRUE(eventually([&] { return fs::exists(run_folder() / GetParam()); }));
  crash();
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  shell(
      "$SHOAL status -c $HERE/shoal.yaml >$HERE/status || [ $? = 1 ]; grep -q lone/ $HERE/status");
}

INSTANTIATE_TEST_SUITE_P(, RemovedPart,
                         ::testing::Values("stages", "releases", "crashes", "control.sock",
                                           "shoal.pid"),
                         [](const auto& each) { return fs::path(each.param).stem().native(); });

TEST_F(RunFolder, ThatCannotBeCreatedAgainIsLoggedOnceAndLoadedModulesServe) {
  start();
  std::ofstream(here() / "file") << "text";  // takes the folder's place atomically
  ASSERT_EQ(::renameat2(AT_FDCWD, (here() / "file").c_str(), AT_FDCWD, run_folder().c_str(),
                        RENAME_EXCHANGE),
            0);
  EXPECT_TRUE(eventually([&] { return said("cannot be made again") == 1; }));
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  ASSERT_EQ(::kill(worker(), SIGKILL), 0);
  EXPECT_TRUE(eventually([&] { return said("was ended by Killed") == 1; }));
  shell("rm $HERE/run");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_TRUE(eventually([&] { return has_recreated(); }));
  EXPECT_EQ(said("cannot be made again"), 1u);
  EXPECT_EQ(said("cannot start"), 0u);
}

TEST_F(RunFolder, ThatLosesItsStateIsReportedWithTheRemedy) {
  drop_file(std::string(built::kFolder) + "/apps/guestbook.so", "answers");
  start();
  EXPECT_EQ(get("/answers").status, 200);
  // Repeated, since the container must have seen a file before it can miss it.
  EXPECT_TRUE(eventually([&] {
    shell("cd $HERE/run/state; cp data.mdb copy; mv copy data.mdb; sleep 0.1");
    return said("removed or replaced while it was in use; restart the container") >= 1;
  }));
}

}  // namespace
}  // namespace shoal::system
