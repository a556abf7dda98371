// How changes are noticed: which way is taken, and what is said of it.
#include <linux/magic.h>

#include "unit/releases/apps/kernel.hpp"
#include "unit/releases/apps/watching.hpp"
#include "unit/releases/logged.hpp"

namespace shoal::releases {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class WatchModes : public WatchedApps {
 protected:
  WatchModes() { write("apps/site/a.so", "one"); }

  void begins(WatchMode mode) { WatchedApps::begins(mode, apps()); }

  /// Why it cannot begin; empty when it can.
  std::string refusal_of(WatchMode mode) {
    try {
      begins(mode);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return {};
  }

  KernelAsItIs again_;
};

TEST_F(WatchModes, AreInotifyWhereItServes) {
  begins(WatchMode::kAuto);
  EXPECT_EQ(folder_->watching(), "inotify");
  begins(WatchMode::kInotify);
  EXPECT_EQ(folder_->watching(), "inotify");
}

TEST_F(WatchModes, AreStatWhereTheKernelGrantsNoInotify) {
  kernel.grants_inotify = false;
  begins(WatchMode::kAuto);
  EXPECT_EQ(folder_->watching(),
            "stat every 0 ms: inotify_init1: Too many open files; raise "
            "fs.inotify.max_user_watches and max_user_instances (sysctl)");
  write("apps/site/a.so", "two");
  EXPECT_EQ(learns(), Names({"site.a"}));
  EXPECT_THAT(refusal_of(WatchMode::kInotify), StartsWith("inotify_init1: Too many open files"));
}

TEST_F(WatchModes, AreStatWhereTheFoldersAreTooMany) {
  kernel.watches_left = 1;
  begins(WatchMode::kAuto);
  EXPECT_THAT(folder_->watching(), StartsWith("stat every 0 ms: inotify_add_watch " +
                                              (apps() / "site").native() + ": No space left"));
  write("apps/site/a.so", "two");
  EXPECT_EQ(learns(), Names({"site.a"}));
  kernel.watches_left = 1;
  EXPECT_THAT(refusal_of(WatchMode::kInotify),
              StartsWith("sweep.watch: stat every 0 ms: inotify_add_watch"));
}

TEST_F(WatchModes, BecomeStatWhenTheFoldersGrowTooMany) {
  begins(WatchMode::kAuto);
  const Logged logged;
  kernel.watches_left = 0;
  sh("mkdir -p apps/new; cp apps/site/a.so apps/new");
  EXPECT_EQ(learns(), Names({"new.a"}));
  EXPECT_THAT(logged.text(), HasSubstr("warning sweep.watch: from now on stat every 0 ms: "));
  write("apps/new/a.so", "two");
  EXPECT_EQ(learns(), Names({"new.a"}));
  write("apps/site/a.so", "two");
  EXPECT_EQ(learns(), Names({"site.a"}));
}

TEST_F(WatchModes, AreStatWhereAnotherMachineMayWrite) {
  for (const auto& [type, name] : {std::pair<long, const char*>{NFS_SUPER_MAGIC, "NFS"},
                                   {0x65735546, "FUSE"},
                                   {static_cast<long>(0xff534d42), "CIFS"},
                                   {V9FS_MAGIC, "9p"}}) {
    kernel.file_system = type;
    begins(WatchMode::kAuto);
    EXPECT_EQ(folder_->watching(), "stat every 0 ms: " + apps().native() + " is on " + name +
                                       ", where inotify does not see all changes");
    write("apps/site/a.so", name);
    EXPECT_EQ(learns(), Names({"site.a"}));
    begins(WatchMode::kInotify);
    EXPECT_EQ(folder_->watching(), "inotify") << "who asks for it knows";
  }
}

TEST_F(WatchModes, AreStatWhereItIsAskedFor) {
  WatchedApps::begins(WatchMode::kStat, apps(), std::chrono::hours(1));
  EXPECT_EQ(folder_->watching(), "stat every 3600000 ms: as configured");
  write("apps/site/a.so", "two");
  EXPECT_EQ(learns(), Names()) << "at most once in an interval";
  folder_->doubt();
  EXPECT_EQ(learns(), Names({"site.a"}));
  write("apps/site/a.so", "three");
  EXPECT_TRUE(folder_->quiet());
}

}  // namespace
}  // namespace shoal::releases
