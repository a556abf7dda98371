// What the machine may do to a container: a full disk, a folder without exec, files that cannot be
// read, and a kill at any moment.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <random>
#include <thread>

#include "built.hpp"
#include "eventually.hpp"
#include "long_run.hpp"
#include "releases.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

/// Returns true if the test may mount: as root, or as root of a user namespace.
bool may_mount() {
  static const bool may = run("unshare -m true || unshare -rm true").exit_code == 0;
  return may;
}

/// Returns a wrapper that executes the container in a mount namespace of its own, with a tmpfs of
/// these options as its run folder. The namespace ends with the container.
std::string with_tmpfs(const std::string& options) {
  return "mkdir -p $HERE/run; unshare -m true && own=-m || own=-rm; exec unshare $own sh -c "
         "'mount -t tmpfs -o mode=700," +
         options + " shoal-test $HERE/run && exec \"$@\"' sh \"$@\"";
}

class FullDisk : public Releases {
 protected:
  // Where the test may not mount, the size of files is limited instead of the disk. The shell
  // ignores the signal of that limit, so that writing fails with EFBIG.
  FullDisk()
      : Releases({.sweep = "{ settle: 50ms, wait: 1s }",
                  .status = "{ route: /-/shoal }",
                  .wrapper = may_mount() ? with_tmpfs("size=64m")
                                         : std::string("trap '' XFSZ; exec \"$@\"")}) {}

  fs::path run_folder() {
    return fs::path("/proc") / std::to_string(container().id()) / "root" /
           (here() / "run").relative_path();
  }

  void fill_disk() {
    if (!may_mount()) return limit_files("65536:");
    run("dd if=/dev/zero of=" + (run_folder() / "ballast").native() + " bs=64k");
  }

  void free_disk() {
    if (may_mount()) {
      fs::remove(run_folder() / "ballast");
    } else {
      limit_files("unlimited:");
      shell("touch $APPS/site/screen/about.so");  // the container cannot see the higher limit
    }
  }

 private:
  void limit_files(const std::string& limit) {
    shell("prlimit --pid " + std::to_string(deployer()) + " --fsize=" + limit);
  }
};

TEST_F(FullDisk, KeepsTheOldGenerationServingUntilThereIsSpace) {
  Visitors visitors(port(), 4, {"/", "/about"}, check_page);
  visitors.wait_for_responses(10);
  fill_disk();
  release("2");
  ASSERT_TRUE(eventually([&] {
    get("/");
    return said("site: cannot be loaded now: ") == 1;
  }));
  EXPECT_THAT(
      log(),
      AnyOf(ContainsRegex("site: cannot be loaded now: .*/site/.*\\.so: cannot be staged below "
                          ".* \\(No space left on device\\); out of file descriptors or disk "
                          "space; will retry"),
            // The number is taken first.
            ContainsRegex("site: cannot be loaded now: .*/releases/site/next: cannot be written "
                          "\\((No space left on device|File too large)\\); .*will retry"),
            HasSubstr("(File too large); check that the user running shoal may write to the run")));
  expect_version("1");
  EXPECT_THAT(get("/-/shoal?json").body, HasSubstr("a drop into site cannot be loaded now"));
  EXPECT_THAT(get("/-/shoal?openmetrics").body,
              HasSubstr("\nshoal_group_drop_waiting{group=\"site\"} 1\n"));
  std::this_thread::sleep_for(std::chrono::milliseconds(1'500));  // a retry comes each second
  visitors.wait_for_responses(50);
  EXPECT_EQ(said("site: cannot be loaded now: "), 1u) << "logged once";

  free_disk();
  EXPECT_TRUE(eventually([&] { return version_of(get("/")) == "2"; }));
  expect_version("2");
  print_cost("a full disk for stages; the drop comes with the space", expect_no_failure(visitors));
}

/// A run folder on a noexec mount: one of the test's own or, where it may not mount, /dev/shm.
class NoexecRunFolder : public Site {
 protected:
  NoexecRunFolder() : Site({.wrapper = may_mount() ? with_tmpfs("noexec") : kInDevShm}) {}

 private:
  static constexpr const char* kInDevShm =
      "findmnt -no OPTIONS -T /dev/shm | grep -q noexec ||"
      "{ echo 'this test needs the right to mount, or a /dev/shm that is mounted noexec'; exit 3; "
      "};"
      "place=$(mktemp -d /dev/shm/shoal.XXXXXX); ln -s $place $HERE/run; \"$@\"; code=$?;"
      "rm -r $place; exit $code";
};

TEST_F(NoexecRunFolder, IsRefusedAtTheStartWithTheKeyToChange) {
  drop("1");
  const auto [exit_code, output] = serve_until_exit();
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output,
              HasSubstr("run: " + (here() / "run").native() +
                        ": mounted noexec, so no module can be loaded from it; name a folder "
                        "that allows exec under \"run\""));
}

/// The container of root runs without the capability to read all files.
class UnreadableModule : public Releases {
 protected:
  UnreadableModule()
      : Releases({.sweep = "{ settle: 50ms, wait: 60s }",
                  .wrapper = ::geteuid() == 0 ? "exec setpriv --bounding-set "
                                                "-dac_override,-dac_read_search -- \"$@\""
                                              : "exec \"$@\""}) {}
};

TEST_F(UnreadableModule, IsReportedOnceAndLosesNoRequest) {
  Visitors visitors(port(), 4, {"/", "/about"}, check_page);
  release("2", "chmod 000 screen/about.so");
  expect_version("1");
  EXPECT_THAT(first_refusal(),
              HasSubstr(file("site.screen.about").native() +
                        ": cannot be read (Permission denied); check that the user running "
                        "shoal may read it; still serving site/1"));
  EXPECT_EQ(said("drop refused"), 1u);
  shell("chmod 644 $APPS/site/screen/about.so");
  EXPECT_TRUE(eventually([&] { return version_of(get("/")) == "2"; }));
  expect_version("2");
  expect_no_failure(visitors);
}

class KilledContainer : public Releases {
 protected:
  /// Returns how many probes run whose mappings contain this text.
  std::size_t probes(const std::string& mapping = "") const {
    std::size_t number = 0;
    for (const auto& process : fs::directory_iterator("/proc")) {
      const std::string command = contents(process.path() / "cmdline");
      if (command.find((here() / "run").native()) == std::string::npos) continue;
      number += contents(process.path() / "maps").find(mapping) == std::string::npos ? 0 : 1;
    }
    return number;
  }
};

TEST_F(KilledContainer, AtAnyMomentOfAReloadLeavesNothingThatTheNextStartDoesNotRemove) {
  using Steady = std::chrono::steady_clock;
  const auto begin = Steady::now();
  release("2");
  expect_version("2");
  const std::chrono::duration<double> reload = Steady::now() - begin;

  std::mt19937 random(4711);
  std::uniform_real_distribution<double> share(0, 1.1);
  const int times = test::repetitions(10, 100);
  for (int i = 0; i < times; ++i) {
    const char* version = i % 2 == 0 ? "1" : "2";
    release(version);
    auto answer = std::async(std::launch::async, [this] { return Visitor(port()).get("/"); });
    std::this_thread::sleep_for(reload * share(random));
    EXPECT_EQ(stop_container(SIGKILL), 128 + SIGKILL);
    answer.wait();

    start_container();
    expect_version(version);
    EXPECT_TRUE(eventually([&] { return stage_folders() == 1; })) << "after kill " << i;
  }
  EXPECT_EQ(stop_container(SIGTERM), 0);
  EXPECT_TRUE(eventually([&] { return probes() == 0; })) << "no processes are left";
}

TEST_F(KilledContainer, WhileAModuleHangsInTheProbeEndsTheProbeToo) {
  release("2", "cp $BUILT/zoo/sleeps.so screen/about.so");
  auto answer = std::async(std::launch::async, [this] { return Visitor(port()).get("/"); });
  ASSERT_TRUE(eventually([&] { return probes("site.screen.about.so") == 1; }));
  EXPECT_EQ(stop_container(SIGKILL), 128 + SIGKILL);
  answer.wait();
  EXPECT_TRUE(eventually([&] { return probes() == 0; }));
}

}  // namespace
}  // namespace shoal::system
