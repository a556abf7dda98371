// `shoal drop`, and the markers by which it keeps the container from loading half of a drop.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/file.h>

#include <fstream>

#include "base/descriptor.hpp"
#include "built.hpp"
#include "eventually.hpp"
#include "long_run.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ShoalDrop : public Site {
 protected:
  /// Files that must settle would not be loaded within the time that a request waits.
  explicit ShoalDrop(SiteOptions options = {.sweep = "{ settle: 59s, wait: 30s }"})
      : Site(std::move(options)) {}

  void SetUp() override {
    drop("1");
    start();
  }

  Outcome shoal_drop(const std::string& arguments) const { return shoal("drop " + arguments); }
  Outcome shoal_drop_site(const std::string& version) const {
    return shoal_drop(folder_of(version) + " --apps apps");
  }
  static std::string folder_of(const std::string& version) {
    return std::string(built::kModules) + "/" + version;
  }

  std::vector<std::string> hidden_files() const {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(here() / "apps")) {
      const std::string name = entry.path().filename();
      if (name.starts_with('.')) files.push_back(entry.path());
    }
    return files;
  }

  void expect_no_failure_or_refusal(Visitors& visitors) const {
    expect_no_failure(visitors);
    EXPECT_EQ(said("drop refused"), 0u);
  }
};

TEST_F(ShoalDrop, OfABaseAndItsHandlersIsServedAtOnceAndAsAWhole) {
  Visitors visitors(port(), 6, {"/", "/about"}, check_page);
  for (int i = 0; i < 10; ++i) {
    const std::string version = i % 2 == 0 ? "2" : "1";
    visitors.wait_for_responses(20);
    const auto [exit_code, output] = shoal_drop_site(version);
    ASSERT_EQ(exit_code, 0) << output;
    EXPECT_EQ(version_of(get("/")), version);
    EXPECT_EQ(version_of(get("/about")), version);
  }
  expect_no_failure_or_refusal(visitors);
  EXPECT_THAT(hidden_files(), IsEmpty());
}

TEST_F(ShoalDrop, ListsWhatItDropped) {
  shell("mkdir $HERE/out; cp $BUILT/2/lone.so $HERE/out; cp $BUILT/2/lone.so $HERE/late.lone.so");
  EXPECT_EQ(shoal_drop("out late.lone.so --apps apps").output,
            "late.lone <- late.lone.so\nlone <- out/lone.so\n");
  EXPECT_EQ(shoal_drop("out/lone.so --as late.other --apps apps").output,
            "late.other <- out/lone.so\n");
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_TRUE(fs::exists(file("late.lone")));
  EXPECT_TRUE(fs::exists(file("late.other")));
}

TEST_F(ShoalDrop, ListsAllErrorsAndDropsNothing) {
  shell("echo text > $HERE/text.so; cp $BUILT/2/lone.so $HERE");
  const auto [exit_code, output] = shoal_drop("lone.so absent.so text.so --apps apps");
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr("absent.so: does not exist"));
  EXPECT_THAT(output, HasSubstr("text.so: "));
  EXPECT_THAT(output, HasSubstr("shoal drop: nothing was dropped\n"));
  EXPECT_EQ(generation("/lone"), "lone/1");
}

TEST_F(ShoalDrop, RejectsWrongArguments) {
  for (const std::string arguments :
       {"", "--apps apps", "a.so --wait 5", "a.so --wait 5s --no-wait",
        "a.so --apps apps -c shoal.yaml", "a.so b.so --apps apps --as lone",
        ". --apps apps --as lone", "a.so --apps apps --nonsense"}) {
    EXPECT_EQ(shoal_drop(arguments).exit_code, 2) << arguments;
  }
}

TEST_F(ShoalDrop, DropsNothingWhenAFileCannotBeWritten) {
  const auto arguments = folder_of("2") + " --apps apps";
  const auto [exit_code, output] =
      run("cd " + here().native() + "; ulimit -f 8; " + built::kContainer + " drop " + arguments);
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr(": cannot be written (File too large); free disk space"));
  EXPECT_THAT(hidden_files(), IsEmpty());
  EXPECT_EQ(generation("/"), "site/1");
}

TEST_F(ShoalDrop, DropsAllOrNothingWhenASignalEndsIt) {
  Visitors visitors(port(), 4, {"/", "/about"}, check_page);
  std::string before = "1";
  const int times = test::repetitions(12, 120);
  for (int i = 0; i < times; ++i) {
    const std::string version = before == "1" ? "2" : "1";
    Process drop({built::kContainer, "drop", folder_of(version), "--apps", here() / "apps"},
                 here() / "drop.log");
    std::this_thread::sleep_for(std::chrono::milliseconds(30) * i / times);
    drop.send(i % 2 == 0 ? SIGTERM : SIGINT);
    const int exit_code = drop.wait();
    EXPECT_TRUE(exit_code == 0 || exit_code == 128 + SIGTERM || exit_code == 128 + SIGINT);
    EXPECT_THAT(hidden_files(), IsEmpty());
    const std::string now = version_of(get("/"));
    EXPECT_TRUE(now == version || now == before) << now;
    EXPECT_EQ(version_of(get("/about")), now);
    before = now;
  }
  expect_no_failure_or_refusal(visitors);
}

/// Each may replace files that the other has just put there. Then these have to settle.
class TwoShoalDropsAtOnce : public ShoalDrop {
 protected:
  TwoShoalDropsAtOnce() : ShoalDrop({.sweep = "{ settle: 300ms, wait: 60s }"}) {}
};

TEST_F(TwoShoalDropsAtOnce, LeaveOneOfTheVersionsComplete) {
  Visitors visitors(port(), 4, {"/", "/about"}, check_page);
  for (int i = 0; i < 5; ++i) {
    shell(
        "cd $HERE; $SHOAL drop $BUILT/1 --apps apps >one & $SHOAL drop $BUILT/2 --apps apps >two;"
        "wait");
    const bool second_was_last = run("cmp " + file("site.layout.page").native() + " " +
                                     folder_of("2") + "/site/layout/page.so")
                                     .exit_code == 0;
    const std::string version = second_was_last ? "2" : "1";
    EXPECT_EQ(version_of(get("/")), version);
    EXPECT_EQ(version_of(get("/about")), version);
  }
  expect_no_failure_or_refusal(visitors);
  EXPECT_THAT(hidden_files(), IsEmpty());
}

/// Drops without `shoal drop`: the test creates a marker, and renames one file after the other.
class DropMarker : public ShoalDrop {
 protected:
  DropMarker() : ShoalDrop({.sweep = "{ settle: 100ms, wait: 60s }"}) {}

  fs::path marker() const { return here() / "apps" / ".shoal-drop.byhand"; }

  /// Creates the marker. Its owner counts as dead once the descriptor is closed.
  base::Descriptor create_marker() const {
    const fs::path aside = here() / "marker";
    base::Descriptor held(::open(aside.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    EXPECT_EQ(::flock(held.get(), LOCK_EX), 0);
    std::ofstream(aside) << "4711\n";
    fs::rename(aside, marker());
    return held;
  }

  /// Drops all modules with pauses that are longer than the time in which files settle.
  void drop_slowly(const std::string& version) {
    for (const char* module :
         {"site.layout.page", "site.screen.about", "site.screen.index", "site.widget.menu"}) {
      drop(version, {module});
      get("/");
      std::this_thread::sleep_for(std::chrono::milliseconds(250));
    }
    drop(version, {"site.screen.patient"});
  }
};

TEST_F(DropMarker, DelaysLoadingUntilItIsRemoved) {
  Visitors visitors(port(), 4, {"/", "/about"}, check_page);
  auto held = create_marker();
  drop_slowly("2");
  EXPECT_EQ(generation("/"), "site/1");
  fs::remove(marker());
  EXPECT_EQ(version_of(get("/")), "2");
  EXPECT_EQ(generation("/"), "site/2");
  expect_no_failure_or_refusal(visitors);
}

TEST_F(DropMarker, DelaysTheStartOfAContainerUntilItIsRemoved) {
  auto held = create_marker();
  drop("2", {"site.layout.page"});
  stop_container(SIGKILL);
  Process late({built::kContainer, "serve", "-c", here() / "shoal.yaml"}, here() / "shoal.log");
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  drop("2");
  fs::remove(marker());
  EXPECT_TRUE(eventually([this] { return version_of(get("/")) == "2"; }));
  EXPECT_EQ(generation("/"), "site/2") << "half of the drop was not tried: it took no number";
  late.send(SIGTERM);
  EXPECT_EQ(late.wait(), 0);
}

TEST_F(DropMarker, OfADeadProcessIsIgnoredWithOneWarning) {
  create_marker();  // and close it
  shell("cp $BUILT/2/lone.so $APPS");
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  drop("2");
  EXPECT_EQ(version_of(get("/")), "2");
  EXPECT_EQ(said(marker().native() + ": ignored: process 4711, which made it, died"), 1u);
  EXPECT_EQ(shoal_drop_site("1").exit_code, 0);
  EXPECT_FALSE(fs::exists(marker())) << "the next drop removes it";
  EXPECT_EQ(version_of(get("/")), "1");
}

TEST_F(DropMarker, OverAMinuteOldIsIgnoredWithOneWarning) {
  auto held = create_marker();
  shell("cp $BUILT/2/lone.so $APPS");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  fs::last_write_time(marker(), fs::file_time_type::clock::now() - std::chrono::seconds(61));
  EXPECT_TRUE(eventually([this] { return get("/lone").body == "lone 2\n"; }));
  EXPECT_EQ(said(marker().native() + ": ignored: over a minute old; end process 4711"), 1u);
}

TEST_F(DropMarker, OfAKilledShoalDropDoesNotDelayTheNextDrop) {
  Visitors visitors(port(), 4, {"/", "/about"}, check_page);
  // The drop copies all files, then waits for the lock, which the test holds.
  const base::Descriptor lock(
      ::open((here() / "apps").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
  Process drop({built::kContainer, "drop", folder_of("2"), "--apps", here() / "apps"},
               here() / "drop.log");
  // Its marker, not yet in place, and the new files of all six modules.
  EXPECT_TRUE(eventually([this] { return hidden_files().size() == 7; }));
  drop.send(SIGKILL);
  EXPECT_EQ(drop.wait(), 128 + SIGKILL);
  EXPECT_EQ(version_of(get("/")), "1");
  ASSERT_EQ(::flock(lock.get(), LOCK_UN), 0);
  EXPECT_EQ(shoal_drop_site("2").exit_code, 0);
  EXPECT_EQ(version_of(get("/")), "2");
  EXPECT_THAT(hidden_files(), IsEmpty());
  expect_no_failure_or_refusal(visitors);
}

}  // namespace
}  // namespace shoal::system
