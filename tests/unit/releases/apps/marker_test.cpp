// The marker of `shoal drop`: which processes see it, and for how long.
#include "releases/apps/marker.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "releases/apps/drop.hpp"
#include "unit/releases/apps/kernel.hpp"
#include "unit/releases/apps/watching.hpp"
#include "unit/releases/logged.hpp"

namespace shoal::releases {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Marking : public AppsFolder {
 protected:
  /// Makes a marker as a `shoal drop` that was killed leaves it.
  std::filesystem::path dead_marker() const {
    write("apps/.shoal-drop.gone00", "4711\n");
    return apps() / ".shoal-drop.gone00";
  }

  static void make_two_minutes_old(const std::filesystem::path& file) {
    std::filesystem::last_write_time(
        file, std::filesystem::file_time_type::clock::now() - std::chrono::minutes(2));
  }

  std::filesystem::path only_marker() const {
    const auto all = markers_in(apps());
    return all.size() == 1 ? *all.begin() : std::filesystem::path();
  }

  using Names = std::set<std::string>;
  static Names names_in(const std::filesystem::path& folder) {
    Names names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      names.insert(entry.path().filename());
    }
    return names;
  }

  bool holds() {
    markers_.are(markers_in(apps()));
    return markers_.hold();
  }

  Markers markers_;
};

TEST_F(Marking, HoldsFromItsRaisingUntilItIsLifted) {
  {
    Marker marker(apps());
    EXPECT_FALSE(holds());
    marker.raise();
    EXPECT_TRUE(holds());
    EXPECT_EQ(read(only_marker()), std::to_string(::getpid()) + "\n");
  }
  EXPECT_FALSE(holds());
  EXPECT_TRUE(std::filesystem::is_empty(apps()));
}

TEST_F(Marking, HoldsAsLongAsOneOfSeveralIsUp) {
  Marker last(apps());
  {
    Marker first(apps());
    first.raise();
    last.raise();
    EXPECT_TRUE(holds());
  }
  EXPECT_TRUE(holds());
}

TEST_F(Marking, HoldsNothingWhenItsOwnerIsDeadWhichIsSaidOnce) {
  const auto marker = dead_marker();
  const Logged logged;
  EXPECT_FALSE(holds());
  EXPECT_EQ(logged.text(), "warning " + marker.native() +
                               ": ignored: process 4711, which made it, died during its drop; drop "
                               "again, and remove it\n");
  EXPECT_FALSE(holds());
  EXPECT_EQ(std::ranges::count(logged.text(), '\n'), 1);
}

TEST_F(Marking, IsNotTakenForThatOfADeadOwnerWhenItIsLiftedDuringTheLook) {
  const Logged logged;
  std::atomic<bool> ended = false;
  std::thread drops([&] {
    for (int i = 0; i < 2'000; ++i) Marker(apps()).raise();
    ended = true;
  });
  while (!ended) holds();
  drops.join();
  EXPECT_EQ(logged.text(), "");
}

TEST_F(Marking, HoldsNothingWhenItIsOverAMinuteOldWhichIsSaidOnce) {
  Marker marker(apps());
  marker.raise();
  EXPECT_TRUE(holds());
  make_two_minutes_old(only_marker());
  const Logged logged;
  EXPECT_FALSE(holds());
  EXPECT_FALSE(holds());
  EXPECT_THAT(logged.text(), AllOf(HasSubstr(only_marker().native() + ": ignored: over a minute"),
                                   HasSubstr("end process " + std::to_string(::getpid()))));
  EXPECT_EQ(std::ranges::count(logged.text(), '\n'), 1);
}

TEST_F(Marking, HoldsForNobodyByItsTimeAlone) {
  const auto marker = dead_marker();
  std::filesystem::last_write_time(
      marker, std::filesystem::file_time_type::clock::now() + std::chrono::hours(24));
  EXPECT_FALSE(holds());
}

TEST_F(Marking, IsNoFolderAndNoFifo) {
  sh("mkdir apps/.shoal-drop.folder; mkfifo apps/.shoal-drop.fifo0");
  const Logged logged;
  EXPECT_FALSE(holds());
}

TEST_F(Marking, TellsTheTimeOfANewFileByItsName) {
  const Marker marker(apps());
  EXPECT_EQ(time_of_new(marker.name_of_new(42)), 42);
  EXPECT_EQ(time_of_new(".shoal-new.123456"), std::nullopt);
  EXPECT_EQ(time_of_new(".shoal-new.abcdef.12x"), std::nullopt);
  EXPECT_EQ(time_of_new(".shoal-drop.abcdef.12"), std::nullopt);
}

TEST_F(Marking, OfTheDeadIsClearedAwayAndOfTheLivingIsNot) {
  dead_marker();
  sh("mkdir apps/site; touch apps/site/.shoal-new.gone00.1 apps/site/.shoal-new.lost00.1 "
     "apps/.shoal-new.lost00 apps/site/.other apps/site/a.so");
  Marker waits(apps());
  Marker renames(apps());
  renames.raise();
  for (const Marker* living : {&waits, &renames}) write("apps/site/" + living->name_of_new(2), "");
  remove_dead_drops(apps(), apps() / "site");
  const Names left = names_in(apps() / "site");
  EXPECT_EQ(left, Names({".other", "a.so", waits.name_of_new(2), renames.name_of_new(2)}));
  EXPECT_EQ(names_in(apps()).size(), 3u) << "site and two markers";
}

class Held : public WatchingEitherWay {
 protected:
  Held() { write("apps/site/a.so", "one"); }

  bool is_held() {
    learns();
    return folder_->held();
  }
};

INSTANTIATE_TEST_SUITE_P(By, Held, testing::Values(WatchMode::kInotify, WatchMode::kStat),
                         name_of_mode);

TEST_P(Held, IsASweepWhileAMarkerIsUp) {
  begins();
  EXPECT_FALSE(is_held());
  {
    Marker marker(apps());
    EXPECT_FALSE(is_held());
    marker.raise();
    EXPECT_TRUE(is_held());
    EXPECT_TRUE(is_held());
  }
  EXPECT_TRUE(eventually([this] { return !is_held(); }));
}

TEST_P(Held, IsASweepThatBeginsWhileAMarkerIsUp) {
  std::optional<Marker> marker(apps());
  marker->raise();
  begins();
  EXPECT_TRUE(is_held());
  marker.reset();
  EXPECT_TRUE(eventually([this] { return !is_held(); }));
}

TEST_P(Held, IsASweepThroughALinkToTheAppsFolder) {
  sh("ln -s apps current");
  begins_below(folder() / "current");
  Marker marker(apps());
  marker.raise();
  EXPECT_TRUE(is_held());
}

TEST_P(Held, IsNoSweepByAMarkerInAFolderThatIsNotServedAnyMore) {
  sh("mkdir -p next; cp -r apps/site next; ln -s apps current");
  begins_below(folder() / "current");
  Marker marker(apps());
  marker.raise();
  EXPECT_TRUE(is_held());
  sh("ln -sfn next current");
  EXPECT_TRUE(eventually([this] { return !is_held(); }));
}

TEST_P(Held, IsNoSweepByAFileOfThatNameElsewhere) {
  begins();
  Marker marker(apps() / "site");
  marker.raise();
  EXPECT_FALSE(is_held());
}

TEST_P(Held, LearnsAfterTheMarkerWhatChangedUnderIt) {
  begins();
  {
    Marker marker(apps());
    marker.raise();
    write("apps/site/a.so", "two");
    EXPECT_EQ(learns(), Names({"site.a"}));
    EXPECT_TRUE(folder_->held());
    write("apps/site/b.so", "two");
  }
  Names learnt;
  EXPECT_TRUE(eventually([&] {
    learnt.merge(learns());
    return !folder_->held();
  }));
  learnt.merge(learns());
  EXPECT_EQ(learnt, Names({"site.b"}));
}

class DroppedWhole : public WatchedApps {
 protected:
  DroppedWhole() {
    write("apps/site/a.so", "one");
    write("new.so", "two");
    begins(WatchMode::kInotify, apps());
  }

  void drop_whole(const std::string& module) const {
    drop({{folder() / "new.so", module}}, apps(), [] { return false; });
  }
};

TEST_F(DroppedWhole, IsWhatShoalDropReplacedOrAdded) {
  drop_whole("site.a");
  drop_whole("site.b");
  EXPECT_EQ(learns(), Names({"site.a", "site.b"}));
  EXPECT_TRUE(folder_->dropped_whole("site.a"));
  EXPECT_TRUE(folder_->dropped_whole("site.b"));
  EXPECT_FALSE(folder_->held());
  drop_whole("site.a");
  EXPECT_EQ(learns(), Names({"site.a"}));
  EXPECT_TRUE(folder_->dropped_whole("site.a"));
}

TEST_F(DroppedWhole, IsWhatShoalDropReplacedWhereFilesCannotBeExchanged) {
  const KernelAsItIs again;
  kernel.exchanges = false;
  drop_whole("site.a");
  EXPECT_EQ(learns(), Names({"site.a"}));
  EXPECT_TRUE(folder_->dropped_whole("site.a"));
}

TEST_F(DroppedWhole, IsNothingThatCameInAnotherWay) {
  Marker marker(apps());
  marker.raise();
  sh("cp new.so apps/site/a.so; cp new.so aside; mv aside apps/b.so; touch apps/.shoal-new.x.5; "
     "mv apps/.shoal-new.x.5 apps/c.so");
  EXPECT_EQ(learns(), Names({"site.a", "b", "c"}));
  for (const char* module : {"site.a", "b", "c"}) EXPECT_FALSE(folder_->dropped_whole(module));
}

TEST_F(DroppedWhole, IsNothingThatSomebodyTouchedSince) {
  for (const char* touch :
       {"cp new.so apps/site/a.so", "cp -p new.so aside; mv aside apps/site/a.so",
        "touch apps/site/a.so", "chmod 600 apps/site/a.so",
        "cp apps/site/a.so . ; rm apps/site/a.so; cp -p a.so apps/site/a.so"}) {
    SCOPED_TRACE(touch);
    drop_whole("site.a");
    learns();
    ASSERT_TRUE(folder_->dropped_whole("site.a"));
    sh(touch);
    EXPECT_EQ(learns(), Names({"site.a"}));
    EXPECT_FALSE(folder_->dropped_whole("site.a"));
  }
}

}  // namespace
}  // namespace shoal::releases
