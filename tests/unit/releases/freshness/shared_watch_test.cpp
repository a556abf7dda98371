// The apps folder on an inotify instance that one deployer after another uses.
#include <sys/stat.h>

#include "child.hpp"
#include "releases/freshness/feed.hpp"
#include "unit/releases/apps/kernel.hpp"
#include "unit/releases/apps/watched_apps.hpp"

namespace shoal::releases {
namespace {

using testing::IsEmpty;
using testing::StartsWith;

class SharedWatch : public WatchedApps {
 protected:
  SharedWatch() {
    write("apps/a.so", "one");
    write("apps/site/b.so", "one");
  }

  void begins(WatchMode mode) {
    folder_.emplace(apps(), mode, std::chrono::milliseconds(0), feed_.inotify);
  }

  /// A deployer that watches the folder, and `also` as well, until it is killed.
  void a_deployer_watches_and_is_killed(const std::filesystem::path& also = {}) {
    const int code = Child([&] {
                       const Folder folder(apps(), WatchMode::kInotify,
                                           std::chrono::milliseconds(0), feed_.inotify);
                       if (!also.empty()) Watch(feed_.inotify).add(also);
                       ::raise(SIGKILL);
                       return 0;
                     }).wait();
    ASSERT_EQ(code, -1);
  }

  /// Has the queue of events overflow: the last ones are lost.
  void overflow() {
    int most = 0;
    std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
    ASSERT_GT(most, 0);
    for (int i = 0; i <= most; ++i) {
      ::chmod((apps() / (i % 2 == 0 ? "a.so" : "site/b.so")).c_str(), 0600);
    }
  }

  const Feed feed_ = Feed::make();
  const KernelAsItIs again_;
};

TEST_F(SharedWatch, GivesAPathTheSameNumberInTheNextProcess) {
  const int number = Child([this] { return *Watch(feed_.inotify).add(apps()); }).wait();
  EXPECT_EQ(Watch(feed_.inotify).add(apps()), number);
}

TEST_F(SharedWatch, StaysOpenWithItsWatches) {
  begins(WatchMode::kInotify);
  folder_.reset();
  write("apps/a.so", "two");
  EXPECT_TRUE(feed_.queued());
}

TEST_F(SharedWatch, EndsForAllUsers) {
  a_deployer_watches_and_is_killed();
  Watch watch(feed_.inotify);
  watch.add(apps());
  write("apps/a.so", "two");
  watch.end();
  EXPECT_FALSE(feed_.queued());
  sh("echo three > apps/a.so; echo three > apps/site/b.so; rm -r apps/site");
  EXPECT_FALSE(feed_.queued());
  watch.add(apps());
  write("apps/a.so", "four");
  EXPECT_TRUE(feed_.queued()) << "it is open, and can be used again";
}

TEST_F(SharedWatch, TellsANewDeployerOfWhatHappenedBeforeIt) {
  a_deployer_watches_and_is_killed();
  write("apps/a.so", "two");
  begins(WatchMode::kInotify);
  EXPECT_EQ(folder_->watching(), "inotify");
  EXPECT_TRUE(folder_->told());
  EXPECT_TRUE(is_up_to_date("a"));
  learns();
  EXPECT_FALSE(folder_->told());
  write("apps/site/b.so", "two");
  EXPECT_TRUE(folder_->told());
  EXPECT_EQ(learns(), Names({"site.b"}));
  EXPECT_FALSE(folder_->told());
}

TEST_F(SharedWatch, ForgetsAWatchOfAKilledDeployerWithItsFirstEvent) {
  a_deployer_watches_and_is_killed(run());
  begins(WatchMode::kInotify);
  EXPECT_FALSE(folder_->told());
  std::ofstream(run() / "x.so") << "one";
  EXPECT_TRUE(folder_->told());
  EXPECT_THAT(learns(), IsEmpty());
  EXPECT_THAT(learns(), IsEmpty()) << "that it is removed is an event, too";
  std::ofstream(run() / "x.so") << "two";
  EXPECT_FALSE(folder_->told());
  write("apps/a.so", "two");
  EXPECT_EQ(learns(), Names({"a"}));
}

TEST_F(SharedWatch, ComparesEverythingIfTheQueueOverflowed) {
  begins(WatchMode::kInotify);
  overflow();
  sh("echo two > apps/c.so; rm -r apps/site; mkdir apps/new; echo two > apps/new/d.so");
  EXPECT_EQ(learns(), Names({"a", "c", "new.d", "site.b"}));
  write("apps/new/d.so", "three");
  EXPECT_EQ(learns(), Names({"new.d"}));
}

TEST_F(SharedWatch, IsUsedAgainIfTheQueueOverflowedWithoutADeployer) {
  a_deployer_watches_and_is_killed();
  overflow();
  sh("mkdir apps/new; echo two > apps/new/d.so");
  begins(WatchMode::kInotify);
  learns();
  EXPECT_EQ(knows(), Names({"a", "new.d", "site.b"}));
  write("apps/new/d.so", "three");
  EXPECT_EQ(learns(), Names({"new.d"}));
}

TEST_F(SharedWatch, SeesFoldersThatWereMadeAnew) {
  a_deployer_watches_and_is_killed();
  sh("rm -r apps/site; mkdir apps/site; echo two > apps/site/b.so");
  begins(WatchMode::kInotify);
  learns();
  EXPECT_TRUE(is_up_to_date("site.b"));
  write("apps/site/b.so", "three");
  EXPECT_EQ(learns(), Names({"site.b"}));
  sh("rm -r apps; mkdir -p apps/site; echo four > apps/site/b.so");
  EXPECT_EQ(learns(), Names({"a", "site.b"}));
  write("apps/site/b.so", "five");
  EXPECT_EQ(learns(), Names({"site.b"}));
  EXPECT_FALSE(folder_->told());
}

TEST_F(SharedWatch, IsReplacedByComparingWhereTheKernelGrantedNone) {
  folder_.emplace(apps(), WatchMode::kAuto, std::chrono::milliseconds(0), nullptr);
  EXPECT_FALSE(folder_->listens());
  EXPECT_EQ(folder_->watching(),
            "stat every 0 ms: inotify_init1: Too many open files; raise "
            "fs.inotify.max_user_watches and max_user_instances (sysctl)");
  write("apps/a.so", "two");
  EXPECT_FALSE(folder_->told());
  EXPECT_EQ(learns(), Names({"a"}));
  try {
    folder_.emplace(apps(), WatchMode::kInotify, std::chrono::milliseconds(0), nullptr);
    FAIL() << "compares, though inotify was asked for";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), StartsWith("inotify_init1: Too many open files"));
  }
}

TEST_F(SharedWatch, IsQuietForAllIfTheNextDeployerCompares) {
  a_deployer_watches_and_is_killed();
  write("apps/a.so", "two");
  begins(WatchMode::kStat);
  EXPECT_FALSE(folder_->listens());
  EXPECT_FALSE(feed_.queued());
  sh("echo three > apps/a.so; echo three > apps/site/b.so");
  EXPECT_FALSE(feed_.queued());
  EXPECT_EQ(learns(), Names({"a", "site.b"}));
}

TEST_F(SharedWatch, IsQuietForAllIfTheFoldersGrowTooMany) {
  a_deployer_watches_and_is_killed();
  begins(WatchMode::kAuto);
  kernel.watches_left = 0;
  sh("mkdir apps/new; echo two > apps/new/c.so");
  EXPECT_EQ(learns(), Names({"new.c"}));
  EXPECT_FALSE(folder_->listens());
  sh("echo three > apps/a.so; echo three > apps/site/b.so; echo three > apps/new/c.so");
  EXPECT_FALSE(feed_.queued());
  EXPECT_EQ(learns(), Names({"a", "new.c", "site.b"}));
  kernel.watches_left = 1'000'000;
  begins(WatchMode::kAuto);
  EXPECT_TRUE(folder_->listens()) << "a deployer that begins later may find watches again";
  write("apps/new/c.so", "four");
  EXPECT_EQ(learns(), Names({"new.c"}));
}

}  // namespace
}  // namespace shoal::releases
