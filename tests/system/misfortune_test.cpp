// What the machine may do to a container: no room, no rights, no exec, an end at any moment.
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

/// Whether a process of ours may mount: as root, or as the root of a user namespace.
bool may_mount() {
  static const bool may = run("unshare -m true || unshare -rm true").exit_code == 0;
  return may;
}

/// Shell: becomes the container in a mount namespace of its own, which ends with it, with a tmpfs
/// of these options as its run folder.
std::string under_tmpfs(const std::string& options) {
  return "mkdir -p $HERE/run; unshare -m true && own=-m || own=-rm; exec unshare $own sh -c "
         "'mount -t tmpfs -o mode=700," +
         options + " shoal-test $HERE/run && exec \"$@\"' sh \"$@\"";
}

class NoRoom : public Releases {
 protected:
  // Where nobody may mount, files have a bound instead of the disk: the shell keeps its signal
  // away.
  NoRoom()
      : Releases({.sweep = "{ settle: 50ms, wait: 1s }",
                  .under = may_mount() ? under_tmpfs("size=64m")
                                       : std::string("trap '' XFSZ; exec \"$@\"")}) {}

  fs::path run_folder() {
    return fs::path("/proc") / std::to_string(container().id()) / "root" /
           (here() / "run").relative_path();
  }

  void fill() {
    if (!may_mount()) return limit_files("65536:");
    run("dd if=/dev/zero of=" + (run_folder() / "ballast").native() + " bs=64k");
  }

  void make_room() {
    if (may_mount()) {
      fs::remove(run_folder() / "ballast");
    } else {
      limit_files("unlimited:");
      shell("touch $APPS/site/screen/about.so");  // nothing tells that such a bound is lifted
    }
  }

 private:
  void limit_files(const std::string& limit) {
    shell("prlimit --pid " + std::to_string(worker()) + " --fsize=" + limit);
  }
};

TEST_F(NoRoom, KeepsTheOldGenerationServingAndTheNewOneComesWithTheRoom) {
  Clients clients(port(), 4, {"/", "/about"}, not_whole);
  clients.ask_for(10);
  fill();
  release("2");
  ASSERT_TRUE(eventually([&] {
    get("/");
    return said("site: cannot be loaded now: ") == 1;
  }));
  EXPECT_THAT(
      log(),
      AnyOf(ContainsRegex("site: cannot be loaded now: .*/site/.*\\.so: cannot be staged below "
                          ".* \\(No space left on device\\); see that there are descriptors "
                          "and room; it is tried again"),
            // What all processes are to agree on is written first.
            ContainsRegex("site: cannot be loaded now: .*/ledger/site.json.new: cannot be written "
                          "\\((No space left on device|File too large)\\); .*it is tried again"),
            HasSubstr("(File too large); see that the run folder allows writing")));
  expect_version("1");
  std::this_thread::sleep_for(std::chrono::milliseconds(1'500));  // it is tried again each second
  clients.ask_for(50);
  EXPECT_EQ(said("site: cannot be loaded now: "), 1u) << "and told once";

  make_room();
  EXPECT_TRUE(eventually([&] { return version_of(get("/")) == "2"; }));
  expect_version("2");
  expect_no_failure(clients, "a full disk for stages; the drop comes with the room");
}

/// A folder that forbids exec: mounted so, or where nobody may mount, as in many a container, found
/// so.
class NoExec : public Site {
 protected:
  NoExec() : Site({.under = may_mount() ? under_tmpfs("noexec") : kLinkToFound}) {}

 private:
  static constexpr const char* kLinkToFound =
      "findmnt -no OPTIONS -T /dev/shm | grep -q noexec ||"
      "{ echo 'this test needs the right to mount, or a /dev/shm that is mounted noexec'; exit 3; "
      "};"
      "place=$(mktemp -d /dev/shm/shoal.XXXXXX); ln -s $place $HERE/run; \"$@\"; code=$?;"
      "rm -r $place; exit $code";
};

TEST_F(NoExec, OfTheRunFolderIsSaidAtTheStartWithTheKeyToChange) {
  drop("1");
  const auto [exit_code, output] = serve_to_the_end();
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output,
              HasSubstr("run: " + (here() / "run").native() +
                        ": mounted noexec, so no module can be loaded from it; name a folder "
                        "that allows exec under \"run\""));
}

/// Root may read everything, unless that right is taken from it.
class NoRight : public Releases {
 protected:
  NoRight()
      : Releases({.sweep = "{ settle: 50ms, wait: 60s }",
                  .under = ::geteuid() == 0 ? "exec setpriv --bounding-set "
                                              "-dac_override,-dac_read_search -- \"$@\""
                                            : "exec \"$@\""}) {}
};

TEST_F(NoRight, ToReadAModuleIsReportedOnceAndHarmsNobody) {
  Clients clients(port(), 4, {"/", "/about"}, not_whole);
  release("2", "chmod 000 screen/about.so");
  expect_version("1");
  EXPECT_THAT(refusal(),
              HasSubstr(file("site.screen.about").native() +
                        ": cannot be read (Permission denied); allow the container's user "
                        "to read it; still serving site/1"));
  EXPECT_EQ(said("drop refused"), 1u);
  shell("chmod 644 $APPS/site/screen/about.so");
  EXPECT_TRUE(eventually([&] { return version_of(get("/")) == "2"; }));
  expect_version("2");
  expect_no_failure(clients);
}

class AnEnd : public Releases {
 protected:
  /// How many processes of the probe there are whose mappings have this in them.
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

TEST_F(AnEnd, AtAnyMomentOfAReloadLeavesNothingThatTheNextStartDoesNotRemove) {
  using Steady = std::chrono::steady_clock;
  const auto begin = Steady::now();
  release("2");
  expect_version("2");
  const std::chrono::duration<double> whole = Steady::now() - begin;

  std::mt19937 random(4711);
  std::uniform_real_distribution<double> share(0, 1.1);
  const int times = test::repetitions(10, 100);
  for (int i = 0; i < times; ++i) {
    const char* version = i % 2 == 0 ? "1" : "2";
    release(version);
    auto answer = std::async(std::launch::async, [this] { return Visitor(port()).get("/"); });
    std::this_thread::sleep_for(whole * share(random));
    EXPECT_EQ(stop_container(SIGKILL), 128 + SIGKILL);
    answer.wait();

    start_container();
    expect_version(version);
    EXPECT_EQ(stage_folders(), 1u) << "after the end number " << i;
    const fs::directory_iterator containers(here() / "run" / "stages");
    EXPECT_EQ(std::distance(fs::begin(containers), fs::end(containers)), 1);
  }
  EXPECT_EQ(stop_container(SIGTERM), 0);
  EXPECT_TRUE(eventually([&] { return probes() == 0; })) << "nor have processes been left";
}

TEST_F(AnEnd, WhileAModuleHangsInTheProbeEndsTheProbeToo) {
  release("2", "cp $BUILT/zoo/sleeps.so screen/about.so");
  auto answer = std::async(std::launch::async, [this] { return Visitor(port()).get("/"); });
  ASSERT_TRUE(eventually([&] { return probes("site.screen.about.so") == 1; }));
  EXPECT_EQ(stop_container(SIGKILL), 128 + SIGKILL);
  answer.wait();
  EXPECT_TRUE(eventually([&] { return probes() == 0; }));
}

}  // namespace
}  // namespace shoal::system
