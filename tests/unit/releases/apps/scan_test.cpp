#include "releases/apps/scan.hpp"

#include <algorithm>
#include <vector>

#include "releases/apps/name.hpp"
#include "unit/releases/apps/apps_folder.hpp"

namespace shoal::releases {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Scanning : public AppsFolder {
 protected:
  /// What lies there; by name.
  std::vector<std::string> finds() {
    found_ = scan(apps(), [this](const auto& entered) { entered_.push_back(entered); });
    std::vector<std::string> names;
    for (const auto& [name, file] : found_.files) names.push_back(name);
    return names;
  }

  /// The problems of the last scan, without the folder before them.
  std::vector<std::string> problems() const {
    std::vector<std::string> problems;
    for (const auto& problem : found_.problems) {
      problems.push_back(problem.substr(folder().native().size() + 1));
    }
    std::ranges::sort(problems);
    return problems;
  }

  bool notes(const std::filesystem::path& in, const std::string& name) const {
    return std::ranges::any_of(found_.places, [&](const Place& place) {
      return place.folder == (in.empty() ? folder() : folder() / in) && place.name == name;
    });
  }

  Scan found_;
  std::vector<std::filesystem::path> entered_;
};

TEST_F(Scanning, FindsModulesAtEveryDepth) {
  sh("mkdir -p apps/a/b; touch apps/top.so apps/a/one.so apps/a/b/two.so");
  EXPECT_THAT(finds(), ElementsAre("a.b.two", "a.one", "top"));
  EXPECT_EQ(found_.files.at("a.b.two").path, apps() / "a/b/two.so");
  EXPECT_EQ(found_.files.at("a.b.two").identity, identity_of(apps() / "a/b/two.so"));
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(Scanning, TellsOfEachFolderBeforeItIsRead) {
  sh("mkdir -p apps/a/b; touch apps/a/b/old.so");
  const Scan found = scan(apps(), [this](const auto& entered) {
    if (entered == apps() / "a/b") sh("touch apps/a/b/new.so");
  });
  EXPECT_TRUE(found.files.contains("a.b.new"));
}

TEST_F(Scanning, PassesOverWhatIsNoModuleWithoutAWord) {
  sh("touch apps/README.md apps/a.cpp apps/.hidden.so apps/a.so.tmp; mkdir apps/.git");
  sh("touch apps/.git/a.so");
  EXPECT_THAT(finds(), IsEmpty());
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(Scanning, SaysWhatItPassesOver) {
  sh("mkfifo apps/pipe.so; mkdir apps/folder.so; touch 'apps/two words.so' apps/a.b.so");
  sh("ln -s nowhere apps/dangling.so; ln -s round.so apps/round.so; ln -s pipe.so apps/way.so");
  EXPECT_THAT(finds(), IsEmpty());
  EXPECT_THAT(
      problems(),
      ElementsAre(
          "apps/a.b.so: passed over: not a module name; use only letters, digits, _ and -",
          "apps/dangling.so: passed over: a symbolic link to a file that does not exist; correct "
          "the link, or remove it",
          "apps/folder.so: passed over: a folder, not a module",
          "apps/pipe.so: passed over: not a regular file; put a shared object in its place, or "
          "remove it",
          "apps/round.so: passed over: a symbolic link to a file that does not exist; correct the "
          "link, or remove it",
          "apps/two words.so: passed over: not a module name; use only letters, digits, _ and -",
          "apps/way.so: passed over: not a regular file; put a shared object in its place, or "
          "remove it"));
}

TEST_F(Scanning, FollowsLinksToFilesAndFolders) {
  sh("mkdir -p out/site; touch out/site/page.so out/lone.so");
  sh("ln -s ../out/site apps/site; ln -s ../out/lone.so apps/other.so");
  EXPECT_THAT(finds(), ElementsAre("other", "site.page"));
  EXPECT_EQ(found_.files.at("site.page").path, apps() / "site/page.so") << "links not resolved";
  EXPECT_THAT(found_.links, UnorderedElementsAre(apps() / "site", apps() / "other.so"));
}

TEST_F(Scanning, FindsTheSameFileUnderEachOfItsNames) {
  sh("mkdir apps/a; touch apps/a/one.so; ln -s a apps/b; ln apps/a/one.so apps/c.so");
  EXPECT_THAT(finds(), ElementsAre("a.one", "b.one", "c"));
  EXPECT_THAT(found_.shared,
              UnorderedElementsAre(apps() / "a/one.so", apps() / "b/one.so", apps() / "c.so"));
}

TEST_F(Scanning, StopsWhereALinkLeadsBack) {
  sh("mkdir -p apps/a/b; touch apps/a/b/one.so; ln -s ../../a apps/a/b/up");
  EXPECT_THAT(finds(), ElementsAre("a.b.one"));
  EXPECT_THAT(problems(), ElementsAre("apps/a/b/up: passed over: leads back into itself"));
}

TEST_F(Scanning, StopsWhereALinkLeadsBackToTheAppsFolder) {
  sh("touch apps/one.so; ln -s . apps/self; mkdir apps/a; ln -s ../../apps apps/a/all");
  EXPECT_THAT(finds(), ElementsAre("one"));
  EXPECT_THAT(problems(), ElementsAre("apps/a/all: passed over: leads back into itself",
                                      "apps/self: passed over: leads back into itself"));
  EXPECT_THAT(entered_, UnorderedElementsAre(apps(), apps() / "a"));
}

TEST_F(Scanning, GivesUpOnLinksThatLeadToEachOther) {
  sh("ln -s b apps/a; ln -s a apps/b; ln -s a/x.so apps/c.so; touch apps/one.so");
  EXPECT_THAT(finds(), ElementsAre("one"));
}

TEST_F(Scanning, NotesEachLinkOnTheWayAndItsEnd) {
  sh("mkdir -p real deep/er; touch real/one.so; ln -s ../../real deep/er; ln -s deep/er/real hop");
  sh("ln -s ../hop/one.so apps/one.so");
  EXPECT_THAT(finds(), ElementsAre("one"));
  EXPECT_TRUE(notes("apps", "one.so"));
  EXPECT_TRUE(notes("", "hop"));
  EXPECT_TRUE(notes("deep/er", "real"));
  EXPECT_TRUE(notes("real", "one.so"));
  EXPECT_TRUE(notes("", "apps"));
}

TEST_F(Scanning, TakesTheParentOfALinkedFolderFromWhereItReallyLies) {
  sh("mkdir -p far/off; touch far/one.so; ln -s far/off near; ln -s ../near/../one.so apps/one.so");
  EXPECT_THAT(finds(), ElementsAre("one"));
  EXPECT_TRUE(notes("far", "one.so"));
}

TEST_F(Scanning, NotesTheFirstEntryThatIsMissingOnTheWay) {
  sh("ln -s ../releases/7/one.so apps/one.so");
  finds();
  EXPECT_TRUE(notes("", "releases"));
}

TEST_F(Scanning, SaysWhyTheAppsFolderCannotBeRead) {
  sh("rmdir apps");
  finds();
  EXPECT_EQ(found_.lost, std::errc::no_such_file_or_directory);
  EXPECT_TRUE(notes("", "apps"));
  sh("touch apps");
  finds();
  EXPECT_EQ(found_.lost, std::errc::not_a_directory);
}

TEST_F(Scanning, PassesOverWhatEditorsLeaveWithoutAWord) {
  sh("touch apps/m.so 'apps/#m.so#' apps/m.so~ apps/.m.so.swp; ln -s me@host.1:2 'apps/.#m.so'");
  EXPECT_THAT(finds(), ElementsAre("m"));
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(Scanning, SaysThatANameIsTooLong) {
  const std::string name(kLongestName, 'n'), longer = name + "n";
  sh("touch apps/" + name + ".so apps/" + longer + ".so");
  sh("mkdir apps/" + name + "; touch apps/" + name + "/m.so");
  EXPECT_THAT(finds(), ElementsAre(name));
  EXPECT_THAT(problems(), UnorderedElementsAre(
                              "apps/" + longer + ".so: passed over: " + too_long_name().text(),
                              "apps/" + name + "/m.so: passed over: " + too_long_name().text()));
}

TEST_F(Scanning, PassesOverPseudoFileSystems) {
  sh("mkdir -p apps/a; touch apps/a/one.so; ln -s /proc apps/p; ln -s /proc/self apps/a/me");
  EXPECT_THAT(finds(), ElementsAre("a.one"));
  const std::string why =
      ": passed over: a pseudo file system (proc) holds no modules; link to the folder that has "
      "them";
  EXPECT_THAT(problems(), ElementsAre("apps/a/me" + why, "apps/p" + why));
  EXPECT_THAT(entered_, UnorderedElementsAre(apps(), apps() / "a"));
}

TEST_F(Scanning, FollowsLinksToOtherFileSystemsThatHoldFiles) {
  const std::filesystem::path memory = "/dev/shm/shoal-scan-" + std::to_string(::getpid());
  std::filesystem::create_directory(memory);
  sh("touch " + (memory / "one.so").native() + "; ln -s " + memory.native() + " apps/other");
  EXPECT_THAT(finds(), ElementsAre("other.one"));
  EXPECT_THAT(problems(), IsEmpty());
  std::filesystem::remove_all(memory);
}

TEST_F(Scanning, LooksSoDeepAndNoDeeper) {
  std::filesystem::path folder = apps();
  for (int depth = 1; depth <= kMostDepth; ++depth) folder /= "d";
  std::filesystem::create_directories(folder / "deeper");
  std::ofstream(folder / "one.so");
  std::ofstream(folder / "deeper/two.so");
  EXPECT_EQ(finds().size(), 1u);
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("d/deeper: passed over: more than 32 folders deep; "
                                                "move it up")));
}

/// Makes a tree of so many folders, a hundred in each.
void grow(const std::filesystem::path& root, int folders) {
  for (int i = 0; i < folders; ++i) {
    if (i % 100 == 0) std::filesystem::create_directories(root / std::to_string(i / 100));
    std::filesystem::create_directory(root / std::to_string(i / 100) / ("f" + std::to_string(i)));
  }
}

TEST_F(Scanning, LooksAtSoManyFoldersAndNamesTheLargeTree) {
  sh("mkdir -p apps/a/b/c/d big/near; touch big/near/two.so apps/a/b/c/d/one.so");
  grow(folder() / "big", 20'000);
  std::filesystem::create_symlink("../big", apps() / "Big");
  const std::string why = "apps/Big: leads to too many folders: of those below " + apps().native() +
                          " the first 10000 are read, and the others passed over; link to the "
                          "folder that has the modules, and move everything else out of the apps "
                          "folder";
  for (int again = 0; again < 2; ++again) {
    entered_.clear();
    EXPECT_THAT(finds(), ElementsAre("Big.near.two", "a.b.c.d.one"));
    EXPECT_EQ(entered_.size(), kMostFolders);
    EXPECT_THAT(problems(), ElementsAre(why));
    EXPECT_THAT(found_.partly, UnorderedElementsAre(apps() / "Big"));
  }
}

TEST_F(Scanning, GivesALargeTreeNoPlaceOfTheOthers) {
  sh("mkdir -p apps/own/a/b release/a/b flat; touch apps/own/a/b/one.so release/a/b/two.so");
  sh("seq 12000 | sed 's|^|apps/flat/f|' | xargs mkdir -p; ln -s ../release apps/site");
  EXPECT_THAT(finds(), ElementsAre("own.a.b.one", "site.a.b.two"));
  EXPECT_EQ(entered_.size(), kMostFolders);
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("apps/flat: leads to too many folders")));
  EXPECT_THAT(found_.partly, UnorderedElementsAre(apps() / "flat"));
}

TEST_F(Scanning, SurvivesALinkToTheRootFolder) {
  sh("mkdir -p apps/a; touch apps/a/one.so; ln -s / apps/root");
  finds();
  EXPECT_TRUE(found_.files.contains("a.one"));
  EXPECT_LE(entered_.size(), kMostFolders);
  EXPECT_LE(found_.problems.size(), 110u);
  EXPECT_THAT(found_.problems,
              testing::Contains(HasSubstr("root/proc: passed over: a pseudo file")));
}

TEST_F(Scanning, TellsUnreadableFoldersFromEmptyOnes) {
  sh("mkdir apps/closed apps/shut apps/open; touch apps/closed/a.so apps/shut/b.so apps/open/c.so");
  sh("chmod 000 apps/closed; chmod 644 apps/shut");
  {
    const AsNobody nobody;
    EXPECT_THAT(finds(), ElementsAre("open.c"));
  }
  sh("chmod 755 apps/*");
  EXPECT_THAT(found_.unread, UnorderedElementsAre(apps() / "closed", apps() / "shut/b.so"));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("apps/closed: cannot be read (Permission denied); "
                                                "check that the user running shoal may read and "
                                                "enter its folder"),
                                      HasSubstr("apps/shut/b.so: cannot be read")));
}

}  // namespace
}  // namespace shoal::releases
