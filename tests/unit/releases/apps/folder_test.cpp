// Files and folders that are dropped, one way or another.
#include "unit/releases/apps/watching.hpp"

namespace shoal::releases {
namespace {

class Dropping : public WatchingEitherWay {
 protected:
  /// `apps` with a few modules, and `new` with what is to be dropped: of the same size, no older.
  void lay_out() const {
    sh("rm -rf apps new; mkdir -p apps/site new");
    write("apps/a.so", "one");
    write("apps/site/b.so", "one");
    write("new/a.so", "two");
  }
};

INSTANTIATE_TEST_SUITE_P(By, Dropping, testing::Values(WatchMode::kInotify, WatchMode::kStat),
                         name_of_mode);

TEST_P(Dropping, KnowsFromTheStartWhatLiesThere) {
  lay_out();
  begins();
  EXPECT_EQ(knows(), Names({"a", "site.b"}));
  EXPECT_EQ(learns(), Names());
}

TEST_P(Dropping, LearnsOfEachWayOfReplacingAFileOnce) {
  for (const char* command :
       {"cp new/a.so apps/a.so", "cp new/a.so apps/.tmp; mv apps/.tmp apps/a.so",
        "mv new/a.so apps/a.so", "install new/a.so apps/a.so", "cp -p new/a.so apps/a.so",
        "touch -d 2001-01-01 new/a.so; cp -p new/a.so apps/a.so",
        "touch -r apps/a.so new/a.so; cp -p new/a.so apps/a.so", "ln -sfn ../new/a.so apps/a.so",
        "ln -f new/a.so apps/a.so", "rm apps/a.so; cp new/a.so apps/a.so",
        "printf two | dd of=apps/a.so conv=notrunc status=none", "truncate -s 2 apps/a.so",
        "touch apps/a.so", "mv apps/a.so apps/b.tmp; mv new/a.so apps/a.so",
        "cp new/a.so apps/a.so; cp apps/site/b.so apps/a.so"}) {
    SCOPED_TRACE(command);
    lay_out();
    begins();
    sh(command);
    EXPECT_EQ(learns(), Names({"a"}));
    EXPECT_TRUE(is_up_to_date("a"));
    EXPECT_EQ(learns(), Names());
    EXPECT_EQ(knows(), Names({"a", "site.b"}));
  }
}

TEST_P(Dropping, LearnsOfASecondChangeThatWasMadeInTheSameWay) {
  lay_out();
  begins();
  for (int i = 0; i < 5; ++i) {
    write("apps/a.so", "two");
    EXPECT_EQ(learns(), Names({"a"}));
  }
}

TEST_P(Dropping, LearnsOfAFileAddedRenamedOrRemoved) {
  lay_out();
  begins();
  sh("cp new/a.so apps/site/c.so");
  EXPECT_EQ(learns(), Names({"site.c"}));
  sh("mv apps/site/c.so apps/d.so");
  EXPECT_EQ(learns(), Names({"site.c", "d"}));
  sh("rm apps/d.so apps/a.so");
  EXPECT_EQ(learns(), Names({"a", "d"}));
  EXPECT_EQ(knows(), Names({"site.b"}));
}

TEST_P(Dropping, LearnsOfANewFolderWithContent) {
  lay_out();
  begins();
  sh("mkdir -p apps/new/er; cp new/a.so apps/new/er; cp new/a.so apps/new");
  EXPECT_EQ(learns(), Names({"new.a", "new.er.a"}));
  sh("cp apps/site/b.so apps/new/er/a.so");
  EXPECT_EQ(learns(), Names({"new.er.a"}));
}

TEST_P(Dropping, LearnsOfAFolderMovedInWhole) {
  lay_out();
  begins();
  sh("mkdir -p out/in; cp new/a.so out/in; mv out apps");
  EXPECT_EQ(learns(), Names({"out.in.a"}));
  write("apps/out/in/a.so", "three");
  EXPECT_EQ(learns(), Names({"out.in.a"}));
}

TEST_P(Dropping, LearnsWhatCameIntoFoldersThatWereEmpty) {
  lay_out();
  begins();
  sh("mkdir -p apps/x/y/z");
  EXPECT_EQ(learns(), Names());
  sh("cp new/a.so apps/x/y/z/deep.so");
  EXPECT_EQ(learns(), Names({"x.y.z.deep"}));
  sh("mkdir apps/x/y/z/u; cp new/a.so apps/x/y/z/u");
  EXPECT_EQ(learns(), Names({"x.y.z.u.a"}));
}

TEST_P(Dropping, LearnsOfAFolderRenamedOrRemoved) {
  lay_out();
  begins();
  sh("mv apps/site apps/place");
  EXPECT_EQ(learns(), Names({"site.b", "place.b"}));
  write("apps/place/b.so", "two");
  EXPECT_EQ(learns(), Names({"place.b"}));
  sh("rm -r apps/place");
  EXPECT_EQ(learns(), Names({"place.b"}));
  EXPECT_EQ(knows(), Names({"a"}));
}

TEST_P(Dropping, LearnsOfAFolderSwappedForAnotherOfItsName) {
  lay_out();
  begins();
  sh("cp -r apps/site other; mv apps/site gone; mv other apps/site; cp new/a.so gone");
  EXPECT_EQ(learns(), Names({"site.b"}));
  EXPECT_TRUE(is_up_to_date("site.b"));
  sh("rm -r apps/site; mkdir apps/site; cp new/a.so apps/site/b.so");
  EXPECT_EQ(learns(), Names({"site.b"}));
}

TEST_P(Dropping, KeepsAModuleWhenSomethingElseIsInItsPlace) {
  lay_out();
  begins();
  sh("rm apps/a.so; mkfifo apps/a.so; rm apps/site/b.so; mkdir apps/site/b.so");
  EXPECT_EQ(learns(), Names());
  EXPECT_EQ(knows(), Names({"a", "site.b"}));
  sh("rm apps/a.so; rmdir apps/site/b.so; cp new/a.so apps; cp new/a.so apps/site/b.so");
  EXPECT_EQ(learns(), Names({"a", "site.b"}));
}

TEST_P(Dropping, LearnsNothingFromWhatIsNoModule) {
  lay_out();
  begins();
  sh("touch apps/README 'apps/two words.so' apps/.x.so; mkdir apps/.git; cp new/a.so apps/.git");
  EXPECT_EQ(learns(), Names());
  sh("rm -r apps/.git 'apps/two words.so'");
  EXPECT_EQ(learns(), Names());
}

TEST_P(Dropping, KeepsEverythingWhileTheAppsFolderIsAway) {
  lay_out();
  begins();
  sh("mv apps away");
  EXPECT_EQ(learns(), Names());
  EXPECT_EQ(knows(), Names({"a", "site.b"}));
  write("away/a.so", "two");
  EXPECT_EQ(learns(), Names());
  sh("mv away apps");
  EXPECT_EQ(learns(), Names({"a"}));
  write("apps/site/b.so", "two");
  EXPECT_EQ(learns(), Names({"site.b"}));
}

TEST_P(Dropping, TakesAnAppsFolderThatWasMadeAnewForTheOldOne) {
  lay_out();
  begins();
  sh("rm -r apps");
  EXPECT_EQ(learns(), Names());
  sh("mkdir apps; cp new/a.so apps");
  EXPECT_EQ(learns(), Names({"a", "site.b"}));
  write("apps/a.so", "three");
  EXPECT_EQ(learns(), Names({"a"}));
}

TEST_P(Dropping, LearnsOfAFolderAboveTheAppsFolderThatWasSwapped) {
  sh("mkdir -p srv/shoal/apps next/apps");
  write("srv/shoal/apps/a.so", "one");
  write("next/apps/a.so", "two");
  begins_below(folder() / "srv/shoal/apps");
  sh("mv srv/shoal old; mv next srv/shoal");
  EXPECT_EQ(learns(), Names({"a"}));
  EXPECT_TRUE(is_up_to_date("a"));
  sh("mv srv old2");
  EXPECT_EQ(learns(), Names());
  EXPECT_EQ(knows(), Names({"a"}));
  sh("mkdir -p srv/shoal/apps; cp old2/shoal/apps/a.so srv/shoal/apps");
  EXPECT_EQ(learns(), Names({"a"}));
}

TEST_P(Dropping, KeepsWhatLiesInAFolderThatCannotBeRead) {
  lay_out();
  begins();
  sh("chmod 000 apps/site");
  {
    const AsNobody nobody;
    EXPECT_EQ(learns(), Names());
    EXPECT_EQ(knows(), Names({"a", "site.b"}));
  }
  sh("chmod 755 apps/site; rm apps/site/b.so");
  EXPECT_EQ(learns(), Names({"site.b"}));
}

TEST_P(Dropping, RefusesAnAppsFolderThatIsNotThere) {
  try {
    begins_below(folder() / "absent");
    FAIL() << "served from nothing";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(),
              "apps: " + folder().native() +
                  "/absent: cannot be read (No such file or directory); create the folder, or name "
                  "another under \"apps\"");
  }
  write("file", "");
  EXPECT_THROW(begins_below(folder() / "file"), std::runtime_error);
}

TEST_P(Dropping, TakesAnAppsFolderThatEndsInASlash) {
  lay_out();
  begins_below(folder() / "apps/");
  sh("cp new/a.so apps/site/b.so");
  EXPECT_EQ(learns(), Names({"site.b"}));
  EXPECT_EQ(folder_->files().at("site.b").path, apps() / "site/b.so");
  const auto quiet = folder_->quiet_for(folder_->files().at("site.b"));
  sh("touch above");
  EXPECT_GE(folder_->quiet_for(folder_->files().at("site.b")), quiet) << "not below apps";
}

TEST_P(Dropping, ComparesEverythingWhenInDoubt) {
  lay_out();
  begins();
  folder_->doubt();
  EXPECT_FALSE(folder_->quiet());
  EXPECT_EQ(learns(), Names());
}

class ByInotify : public WatchedApps {};

TEST_F(ByInotify, IsQuietUntilSomethingHappens) {
  write("apps/a.so", "one");
  begins(WatchMode::kAuto, apps());
  EXPECT_EQ(folder_->watching(), "inotify");
  EXPECT_TRUE(folder_->quiet());
  EXPECT_EQ(read("apps/a.so"), "one");
  EXPECT_TRUE(folder_->quiet());
  write("apps/a.so", "two");
  EXPECT_FALSE(folder_->quiet());
  learns();
  EXPECT_TRUE(folder_->quiet());
}

TEST_F(ByInotify, MissesNothingWhenTheQueueOverflows) {
  write("apps/a.so", "one");
  write("apps/b.so", "one");
  write("apps/c.so", "one");
  write("apps/gone.so", "one");
  begins(WatchMode::kInotify, apps());
  int most = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
  ASSERT_GT(most, 0);
  const auto a = apps() / "a.so", b = apps() / "b.so";
  for (int i = 0; i <= most; ++i) ::chmod((i % 2 == 0 ? a : b).c_str(), 0600);
  sh("echo two > apps/c.so; rm apps/gone.so; mkdir apps/new; echo two > apps/new/d.so");
  EXPECT_EQ(learns(), Names({"a", "b", "c", "gone", "new.d"}));
  EXPECT_EQ(learns(), Names());
  write("apps/new/d.so", "three");
  EXPECT_EQ(learns(), Names({"new.d"}));
}

TEST_F(ByInotify, HoldsNoMoreWatchesAfterManyDrops) {
  const auto watches = [] {
    std::size_t lines = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
      std::ifstream info(entry.path());
      for (std::string line; std::getline(info, line);) lines += line.starts_with("inotify ");
    }
    return lines;
  };
  sh("mkdir -p releases/1 releases/2; ln -s ../releases/1 apps/site");
  begins(WatchMode::kInotify, apps());
  const std::size_t before = watches();
  EXPECT_GT(before, 0u);
  for (int i = 0; i < 10; ++i) {
    sh("mkdir -p apps/x/y");
    learns();
    sh("rm -r apps/x; ln -sfn ../releases/2 apps/site; touch apps/site/a.so");
    learns();
    sh("ln -sfn ../releases/1 apps/site; mv apps away");
    learns();
    sh("mv away apps");
    learns();
  }
  EXPECT_EQ(watches(), before);
}

}  // namespace
}  // namespace shoal::releases
