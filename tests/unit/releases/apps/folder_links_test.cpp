// Changes that reach a module by way of a link: symbolic ones that are flipped, hard ones that are
// written through.
#include "unit/releases/apps/watching.hpp"

namespace shoal::releases {
namespace {

class Linking : public WatchingEitherWay {
 protected:
  /// Two releases of a folder with one module, and two files of the same kind.
  Linking() {
    write("releases/1/page.so", "one");
    write("releases/2/page.so", "two");
  }
};

INSTANTIATE_TEST_SUITE_P(By, Linking, testing::Values(WatchMode::kInotify, WatchMode::kStat),
                         name_of_mode);

TEST_P(Linking, LearnsOfAFolderLinkThatIsFlipped) {
  sh("ln -s ../releases/1 apps/site");
  begins();
  sh("ln -sfn ../releases/2 apps/site");
  EXPECT_EQ(learns(), Names({"site.page"}));
  EXPECT_TRUE(is_up_to_date("site.page"));
  sh("ln -s ../releases/1 new; mv -T new apps/site");
  EXPECT_EQ(learns(), Names({"site.page"}));
  write("releases/2/page.so", "not served");
  EXPECT_EQ(learns(), Names());
  write("releases/1/page.so", "served");
  EXPECT_EQ(learns(), Names({"site.page"}));
}

TEST_P(Linking, LearnsOfAFileLinkThatIsFlipped) {
  sh("ln -s ../releases/1/page.so apps/page.so");
  begins();
  sh("ln -sfn ../releases/2/page.so apps/page.so");
  EXPECT_EQ(learns(), Names({"page"}));
  EXPECT_TRUE(is_up_to_date("page"));
  sh("rm apps/page.so");
  EXPECT_EQ(learns(), Names({"page"}));
  EXPECT_EQ(knows(), Names());
}

TEST_P(Linking, LearnsOfALinkedFileThatIsWrittenOrReplacedAndKeepsOneThatIsRemoved) {
  sh("ln -s ../releases/1/page.so apps/page.so");
  begins();
  for (const char* command : {"cp releases/2/page.so releases/1/page.so",
                              "cp releases/2/page.so new; mv new releases/1/page.so"}) {
    sh(command);
    EXPECT_EQ(learns(), Names({"page"})) << command;
    EXPECT_TRUE(is_up_to_date("page"));
  }
  sh("rm releases/1/page.so");  // the link still says that there is to be one
  EXPECT_EQ(learns(), Names());
  EXPECT_EQ(knows(), Names({"page"}));
  sh("cp releases/2/page.so releases/1");
  EXPECT_EQ(learns(), Names({"page"}));
}

TEST_P(Linking, LearnsOfALinkInTheMiddleOfAChain) {
  sh("ln -s releases/1 current; ln -s current/page.so stable.so; ln -s ../stable.so apps/page.so");
  begins();
  sh("ln -sfn releases/2 current");
  EXPECT_EQ(learns(), Names({"page"}));
  EXPECT_TRUE(is_up_to_date("page"));
}

TEST_P(Linking, KeepsWhatLiesBehindAFolderOnTheWayThatIsMovedAway) {
  sh("mkdir far; mv releases far; ln -s ../far/releases/1/page.so apps/page.so");
  begins();
  sh("cp -r far near; mv far old");
  EXPECT_EQ(learns(), Names());
  EXPECT_EQ(knows(), Names({"page"}));
  sh("mv near far");
  EXPECT_EQ(learns(), Names({"page"}));
  EXPECT_TRUE(is_up_to_date("page"));
}

TEST_P(Linking, LearnsOfWhatALinkLeadsToOnceItIsThere) {
  sh("ln -s ../releases/3/deep/page.so apps/page.so; ln -s ../later/on apps/site");
  begins();
  EXPECT_EQ(knows(), Names());
  sh("mkdir -p releases/3");
  EXPECT_EQ(learns(), Names());
  sh("mkdir releases/3/deep");
  EXPECT_EQ(learns(), Names());
  sh("cp releases/1/page.so releases/3/deep");
  EXPECT_EQ(learns(), Names({"page"}));
  sh("mkdir -p later/on; cp releases/1/page.so later/on");
  EXPECT_EQ(learns(), Names({"site.page"}));
}

TEST_P(Linking, LearnsThatTheAppsFolderItselfWasFlipped) {
  sh("ln -s releases/1 current");
  begins_below(folder() / "current");
  sh("ln -sfn releases/2 current");
  EXPECT_EQ(learns(), Names({"page"}));
  EXPECT_TRUE(is_up_to_date("page"));
  write("releases/1/page.so", "not served");
  EXPECT_EQ(learns(), Names());
  write("releases/2/page.so", "served");
  EXPECT_EQ(learns(), Names({"page"}));
}

TEST_P(Linking, LearnsThatALinkAboveTheAppsFolderWasFlipped) {
  sh("mkdir -p old/apps new/apps; cp releases/1/page.so old/apps; cp releases/2/page.so new/apps");
  sh("ln -s old current");
  begins_below(folder() / "current/apps");
  sh("ln -sfn new current");
  EXPECT_EQ(learns(), Names({"page"}));
  EXPECT_TRUE(is_up_to_date("page"));
}

TEST_P(Linking, KeepsEverythingWhenTheAppsFolderIsFlippedToWhatIsNotThereYet) {
  sh("ln -s releases/1 current");
  begins_below(folder() / "current");
  sh("ln -sfn later/3 current");
  EXPECT_EQ(learns(), Names());
  EXPECT_EQ(knows(), Names({"page"}));
  sh("mkdir later; cp -r releases/2 later/3");
  EXPECT_EQ(learns(), Names({"page"}));
  EXPECT_TRUE(is_up_to_date("page"));
}

TEST_P(Linking, LearnsOfAFileWrittenThroughItsOtherName) {
  sh("ln releases/1/page.so apps/page.so");
  begins();
  write("releases/1/page.so", "two");
  EXPECT_EQ(learns(), Names({"page"}));
  sh("ln releases/2/page.so apps/other.so");
  EXPECT_EQ(learns(), Names({"other"}));
  write("releases/2/page.so", "three");
  EXPECT_EQ(learns(), Names({"other"}));
}

TEST_P(Linking, LearnsOfALinkedFileWrittenThroughItsOtherName) {
  sh("ln releases/1/page.so other; ln -s ../releases/1/page.so apps/page.so");
  begins();
  write("other", "two");
  EXPECT_EQ(learns(), Names({"page"}));
}

TEST_P(Linking, CountsAsANewChangeTheFlipThatBringsAnOldFile) {
  sh("ln -s ../releases/1 apps/site; ln -s ../releases/1/page.so apps/page.so");
  begins();
  sh("ln -sfn ../releases/2 apps/site; ln -sfn ../releases/2/page.so apps/page.so");
  EXPECT_EQ(learns(), Names({"page", "site.page"}));
  for (const auto& [module, link] : {std::pair("page", "page.so"), {"site.page", "site"}}) {
    const auto quiet = folder_->quiet_for(folder_->files().at(module));
    struct stat flipped {};
    ASSERT_EQ(::lstat((apps() / link).c_str(), &flipped), 0);
    EXPECT_LE(quiet, age_of(identity_of(flipped))) << module;
    EXPECT_GT(quiet, std::chrono::nanoseconds::zero());
  }
}

TEST_P(Linking, NamesAModuleUnderEachOfItsNames) {
  sh("mkdir apps/a; cp releases/1/page.so apps/a; ln -s a apps/b");
  begins();
  write("apps/a/page.so", "two");
  EXPECT_EQ(learns(), Names({"a.page", "b.page"}));
}

TEST_P(Linking, LearnsNothingByALinkThatLeadsBack) {
  sh("cp releases/1/page.so apps; ln -s . apps/self");
  begins();
  write("apps/page.so", "two");
  EXPECT_EQ(learns(), Names({"page"}));
  EXPECT_EQ(knows(), Names({"page"}));
}

}  // namespace
}  // namespace shoal::releases
