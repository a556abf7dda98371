// The disk of the run folder is full when the container starts.
#include <gmock/gmock.h>
#include <signal.h>

#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Values;

bool may_mount_for_itself() {
  static const bool may = run("unshare -m true").exit_code == 0;
  return may;
}

/// The run folder is a small tmpfs in a mount namespace of the test. Another process holds the
/// namespace, so that the tmpfs outlives the container.
class StartOnAFullDisk : public Site {
 protected:
  StartOnAFullDisk()
      : Site({.sweep = "{ settle: 50ms, wait: 1s }",
              .wrapper = "exec nsenter -m -t $(cat $HERE/holder) -- \"$@\""}) {}

  void SetUp() override {
    if (!may_mount_for_itself()) GTEST_SKIP() << "may not make a mount namespace";
    const std::string run = here() / "run", id = here() / "holder";
    holder_.emplace(
        std::vector<std::string>{"unshare", "-m", "sh", "-c",
                                 "mkdir " + run +
                                     "; mount -t tmpfs -o mode=700,size=16m shoal-test " + run +
                                     "; echo $$ >" + id + "; exec sleep 600"},
        here() / "holder.log");
    ASSERT_TRUE(eventually([&] { return !contents(id).empty(); }));
    drop("1");
    start();
    expect_version("1");
  }

  /// The run folder as the container sees it.
  fs::path run_folder() const {
    return fs::path("/proc") / std::to_string(holder_->id()) / "root" /
           (here() / "run").relative_path();
  }

  /// Leaves so many KiB.
  void fill_disk(int left = 0) {
    const std::string ballast = run_folder() / "ballast";
    run("dd if=/dev/zero bs=4k of=" + ballast);
    fs::resize_file(ballast, fs::file_size(ballast) - 1'024 * static_cast<std::size_t>(left));
  }
  void free_disk() { fs::remove(run_folder() / "ballast"); }

  void expect_version(const std::string& version) {
    EXPECT_EQ(version_of(get("/")), version);
    EXPECT_EQ(get("/lone").body, "lone " + version + "\n");
  }

  /// Frees the disk and expects that the next drop goes live.
  void expect_to_go_on() {
    free_disk();
    drop("2");
    EXPECT_TRUE(eventually([&] { return version_of(get("/")) == "2"; }));
    EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
  }

  std::optional<Process> holder_;
};

class LittleSpace : public StartOnAFullDisk, public ::testing::WithParamInterface<int> {};

TEST_P(LittleSpace, LeavesNoGroupWithoutAGenerationAfterAKill) {
  fill_disk(GetParam());
  stop_container(SIGKILL);
  start_container();
  expect_version("1");
  expect_to_go_on();
}

INSTANTIATE_TEST_SUITE_P(, LittleSpace, Values(0, 4, 8, 16, 64, 256),
                         [](const auto& each) { return std::to_string(each.param) + "KiB"; });

TEST_F(StartOnAFullDisk, SaysWhatServesAndWhatIsMissing) {
  stop_container(SIGTERM);
  fill_disk();
  start_container();
  expect_version("1");
  EXPECT_EQ(generation("/lone"), "lone/1");
  EXPECT_THAT(log(), ContainsRegex("lone: cannot be loaded now: .*\\(No space left on device\\); "
                                   "free .*disk space, .*will retry"));
  EXPECT_EQ(said("lone: lone/1 serves again, as before the start"), 1u);
  EXPECT_THAT(log(), HasSubstr("shoal.pid: cannot be written (No space left on device); free disk "
                               "space; until then it does not name this container"));
  free_disk();
  EXPECT_TRUE(eventually([&] {
    return contents(run_folder() / "shoal.pid") == std::to_string(container().id()) + "\n";
  }));
  expect_to_go_on();
}

TEST_F(StartOnAFullDisk, LoadsWhatWasDroppedMeanwhileOnceThereIsSpace) {
  fill_disk();
  stop_container(SIGKILL);
  drop("2");
  start_container();
  expect_version("1");
  free_disk();
  EXPECT_TRUE(eventually([&] { return version_of(get("/")) == "2"; }));
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
}

TEST_F(StartOnAFullDisk, KeepsWhatServesWhenTheDeployerDies) {
  fill_disk();
  stop_container(SIGKILL);
  start_container();
  const pid_t killed = deployer();
  ASSERT_EQ(::kill(killed, SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return deployer() != 0 && deployer() != killed; }));
  ASSERT_EQ(::kill(worker(), SIGKILL), 0);
  EXPECT_TRUE(eventually([&] { return said("was ended by Killed") == 2; }));
  expect_version("1");
  expect_to_go_on();
}

}  // namespace
}  // namespace shoal::system
