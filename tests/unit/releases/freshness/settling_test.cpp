// When the files of a group have been quiet for long enough.
#include "releases/apps/settling.hpp"

#include <fcntl.h>

#include "base/descriptor.hpp"
#include "releases/apps/drop.hpp"
#include "unit/releases/apps/watched_apps.hpp"

namespace shoal::releases {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kHour = hours(1);

class Settling : public WatchedApps {
 protected:
  Settling() {
    write("apps/a.so", "one");
    write("apps/b.so", "one");
    begins(WatchMode::kInotify, apps());
  }

  /// What lies there now, as a group.
  Files now() {
    learns();
    return folder_->files();
  }

  nanoseconds left(const Files& tried, milliseconds settle = kHour) {
    return left_to_settle(*folder_, now(), tried, settle);
  }
};

TEST_F(Settling, IsOverForWhatWasTried) {
  EXPECT_LE(left(now()), nanoseconds::zero());
  EXPECT_LE(left_to_settle(*folder_, {}, {}, kHour), nanoseconds::zero());
}

TEST_F(Settling, TakesItsTimeForTheFilesOfAGroup) {
  const Files tried = now();
  write("apps/a.so", "two");
  EXPECT_GT(left(tried), hours(1) - std::chrono::minutes(10));
  EXPECT_GT(left({}), hours(1) - std::chrono::minutes(10));
}

TEST_F(Settling, HasBegunWithTheTimesOnDisk) {
  const Files tried = now();
  write("apps/a.so", "two");
  let_the_clock_tick();
  EXPECT_LT(left(tried), kHour);
  EXPECT_TRUE(eventually([&] { return left(tried, milliseconds(50)) <= nanoseconds::zero(); }));
}

TEST_F(Settling, BeginsAnewWithEachFile) {
  const Files tried = now();
  write("apps/a.so", "two");
  const auto after_one = left(tried);
  write("apps/b.so", "two");
  const nanoseconds of_b = folder_->quiet_for(now().at("b"));
  EXPECT_GE(left(tried), kHour - of_b - std::chrono::minutes(1));
  EXPECT_LE(left(tried), kHour);
  EXPECT_LE(after_one, kHour);
}

TEST_F(Settling, OnlyWaitsForTheClockIfTheGroupIsOneFile) {
  sh("rm apps/b.so");
  const Files tried = now();
  write("apps/a.so", "two");
  EXPECT_LE(left(tried), kClockTick);
  EXPECT_GT(left({}), kClockTick) << "others may come";
  sh("mv apps/a.so apps/c.so");
  EXPECT_GT(left(tried), kClockTick) << "another module";
}

TEST_F(Settling, WaitsForTheClockAtLeast) {
  const Files tried = now();
  sh("rm apps/b.so");
  EXPECT_EQ(left(tried, milliseconds(0)), kClockTick);
}

TEST_F(Settling, TakesItsWholeTimeIfAFileWasRemoved) {
  const Files tried = now();
  sh("rm apps/b.so");
  EXPECT_EQ(left(tried), kHour);
  sh("rm apps/a.so");
  EXPECT_EQ(left(tried), kHour);
}

TEST_F(Settling, IsOverForWhatShoalDropPutThere) {
  const Files tried = now();
  write("new.so", "two");
  drop({{folder() / "new.so", "a"}, {folder() / "new.so", "c"}}, apps(), [] { return false; });
  EXPECT_LE(left(tried), nanoseconds::zero());
  write("apps/b.so", "two");
  EXPECT_GT(left(tried), kClockTick) << "which shoal drop did not put there";
}

TEST_F(Settling, EndsAtTheLatestWhenARequestWouldWaitNoLonger) {
  const Files tried = now();
  write("apps/a.so", "two");
  const Files wanted = now();
  const auto since = Clock::now() - std::chrono::seconds(5);
  const SettlingRules often{.settle = milliseconds(100), .wait = milliseconds(5'000)};
  EXPECT_LE(settled_at(*folder_, wanted, tried, often, since), Clock::now());
  const SettlingRules slow{.settle = kHour, .wait = milliseconds(5'000)};
  EXPECT_LE(settled_at(*folder_, wanted, tried, slow, since), since + kHour);
  EXPECT_GT(settled_at(*folder_, wanted, tried, slow, since), since + std::chrono::minutes(50));
}

TEST_F(Settling, IsNotDueWhileAProgramWritesAFile) {
  EXPECT_FALSE(being_written(*folder_, now()));
  base::Descriptor file(::open((apps() / "c.so").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0700));
  EXPECT_TRUE(being_written(*folder_, now()));
  Files others = now();
  others.erase("c");
  EXPECT_FALSE(being_written(*folder_, others));
  file = base::Descriptor();
  EXPECT_FALSE(being_written(*folder_, now()));
}

}  // namespace
}  // namespace shoal::releases
