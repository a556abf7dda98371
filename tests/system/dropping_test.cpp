#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::ValuesIn;

/// A way to drop version $V of the site, which is in $FROM: a line of shell. The files of both
/// versions have the same sizes and times.
struct Way {
  const char* name;
  const char* drop;
  const char* apps = "apps";
};
void PrintTo(const Way& way, std::ostream* stream) { *stream << way.name; }

const Way kWays[] = {
    {"CopiedOver", "cp -r $FROM/site $APPS/"},
    {"CopiedAsideThenMoved",
     "folders; rm -rf $HERE/aside; cp -r $FROM/site $HERE/aside;"
     "cd $HERE/aside; for f in */*.so; do mv -f $f $APPS/site/$f; done"},
    {"Installed",
     "folders; cd $FROM/site; for f in */*.so; do install -m 644 $f $APPS/site/$f; done"},
    {"Unpacked", "tar -C $FROM -cf - site | tar -C $APPS -xf -"},
    {"OlderAndOfTheSameSize", "cp -rp $FROM/site $APPS/"},
    {"AFolderThatIsALink", "ln -sfn $FROM/site $APPS/site"},
    {"FilesThatAreLinks",
     "folders; cd $FROM/site; for f in */*.so; do ln -sfn $PWD/$f $APPS/site/$f; done"},
    {"AppsThatAreALink", "ln -sfn $FROM $HERE/current", "current"},
    {"ALinkAboveApps", "ln -sfn $HERE/$V $HERE/release", "release/apps"},
};

class Dropping : public Site {
 protected:
  explicit Dropping(SiteOptions options) : Site(std::move(options)) {}

  void SetUp() override {
    shell("for v in 1 2; do mkdir -p $HERE/$v/apps; cp -r $BUILT/$v/site $HERE/$v/apps/; done");
    make_indistinguishable(here() / "1", here() / "2");
  }

  void drop_by(const Way& way, const std::string& version) {
    shell("folders() { mkdir -p $APPS/site/layout $APPS/site/screen $APPS/site/widget; };" +
          ("V=" + version) + "; FROM=$HERE/$V/apps;" + way.drop);
  }

 private:
  /// Gives the files of both versions the same sizes and times.
  static void make_indistinguishable(const fs::path& one, const fs::path& two) {
    const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(24);
    for (const auto& entry : fs::recursive_directory_iterator(one)) {
      if (!entry.is_regular_file()) continue;
      const fs::path other = two / entry.path().lexically_relative(one);
      const auto size = std::max(fs::file_size(entry), fs::file_size(other));
      for (const auto& file : {entry.path(), other}) {
        fs::resize_file(file, size);
        fs::last_write_time(file, long_ago);
      }
    }
  }
};

class EachWayOfDropping : public Dropping, public ::testing::WithParamInterface<Way> {
 protected:
  EachWayOfDropping() : Dropping({.apps = GetParam().apps}) {}
};

TEST_P(EachWayOfDropping, TakesEffectInTheNextRequestAndLosesNone) {
  drop_by(GetParam(), "1");
  start();
  Visitors visitors(port(), 6, {"/", "/about"}, check_page);
  for (const char* version : {"2", "1", "2"}) {
    visitors.wait_for_responses(20);
    drop_by(GetParam(), version);
    EXPECT_EQ(version_of(get("/")), version);
    EXPECT_EQ(version_of(get("/about")), version);
  }
  expect_no_failure(visitors);
  EXPECT_EQ(said("drop refused"), 0u);
}

INSTANTIATE_TEST_SUITE_P(, EachWayOfDropping, ValuesIn(kWays),
                         [](const auto& way) { return std::string(way.param.name); });

class DroppingWithoutInotify : public Dropping, public ::testing::WithParamInterface<Way> {
 protected:
  DroppingWithoutInotify()
      : Dropping({.sweep = "{ watch: stat, interval: 10ms, settle: 500ms, wait: 60s }",
                  .apps = GetParam().apps}) {}
};

TEST_P(DroppingWithoutInotify, TakesEffectAfterTheIntervalAndLosesNoRequest) {
  drop_by(GetParam(), "1");
  start();
  EXPECT_EQ(said("by stat every 10 ms: as configured"), 1u);
  Visitors visitors(port(), 6, {"/", "/about"}, check_page);
  for (const char* version : {"2", "1"}) {
    visitors.wait_for_responses(20);
    drop_by(GetParam(), version);
    EXPECT_TRUE(eventually([&] { return version_of(get("/")) == version; }));
    EXPECT_EQ(version_of(get("/about")), version);
  }
  expect_no_failure(visitors);
}

INSTANTIATE_TEST_SUITE_P(, DroppingWithoutInotify, ValuesIn(kWays),
                         [](const auto& way) { return std::string(way.param.name); });

class AppsFolder : public Site {
 protected:
  void SetUp() override {
    drop("1");
    start();
  }
};

TEST_F(AppsFolder, WithoutAModuleAnswers404ForItAloneUntilItReturns) {
  Visitors visitors(port(), 4, {"/"}, check_page);
  remove_module("site.screen.about");
  EXPECT_EQ(get("/about").status, 404);
  EXPECT_EQ(version_of(get("/")), "1");
  drop("1", {"site.screen.about"});
  EXPECT_EQ(version_of(get("/about")), "1");
  expect_no_failure(visitors);
}

TEST_F(AppsFolder, WithoutAGroupAnswers404ForItAloneUntilItReturns) {
  fs::rename(file("site").replace_extension(), here() / "away");
  EXPECT_EQ(get("/").status, 404);
  EXPECT_EQ(get("/about").status, 404);
  EXPECT_EQ(get("/lone").generation(), "lone/1");
  fs::rename(here() / "away", file("site").replace_extension());
  EXPECT_EQ(version_of(get("/")), "1");
}

TEST_F(AppsFolder, MayBeMissingForAMomentWithoutLosingARequest) {
  Visitors visitors(port(), 4, {"/", "/about"}, check_page);
  shell("mv $APPS $HERE/away");
  visitors.wait_for_responses(50);
  shell("mkdir $HERE/next; cp -r $BUILT/2/. $HERE/next; mv $HERE/next $APPS");
  EXPECT_EQ(version_of(get("/")), "2");
  expect_no_failure(visitors);
}

TEST_F(AppsFolder, WithANewFolderServesItInTheNextRequest) {
  EXPECT_EQ(get("/late/and/deep").status, 404);
  shell("mkdir -p $APPS/late/and; cp $BUILT/1/lone.so $APPS/late/and/deep.so");
  EXPECT_EQ(get("/late/and/deep").body, "lone 1\n");
  EXPECT_EQ(generation("/late/and/deep"), "late/1");
  shell(
      "mkdir -p $HERE/more/still; cp $BUILT/2/lone.so $HERE/more/still/deeper.so;"
      "mv $HERE/more $APPS/late/and/");
  EXPECT_EQ(get("/late/and/more/still/deeper").body, "lone 2\n");
  EXPECT_EQ(generation("/late/and/deep"), "late/2");
  EXPECT_EQ(generation("/"), "site/1");
}

TEST_F(AppsFolder, WithANewModuleServesItInTheGroupOfItsFolder) {
  EXPECT_EQ(get("/news").status, 404);
  shell("cp $BUILT/1/lone.so $APPS/site/screen/news.so");
  EXPECT_EQ(get("/news").body, "lone 1\n");
  EXPECT_EQ(generation("/news"), "site/2");
  EXPECT_EQ(generation("/"), "site/2");
}

TEST_F(AppsFolder, ServesAFileOfWhichOnlyTheTimeIsNew) {
  shell("touch $APPS/lone.so");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(said("drop refused"), 0u);
}

TEST_F(AppsFolder, IgnoresFilesOfEditorsAndTools) {
  shell(
      "cd $APPS; cp lone.so .lone.so.swp; cp lone.so lone.so.bak; cp lone.so .hidden.so;"
      "echo > README; mkdir .git; cp lone.so .git/lone.so");
  EXPECT_EQ(generation("/lone"), "lone/1");
  EXPECT_EQ(generation("/"), "site/1");
}

}  // namespace
}  // namespace shoal::system
