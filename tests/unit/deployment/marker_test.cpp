// What the container makes of a marker, and of what `shoal drop` brought.
#include "releases/apps/marker.hpp"
#include "releases/apps/drop.hpp"
#include "serving.hpp"
#include "unit/releases/apps/kernel.hpp"
#include "unit/releases/logged.hpp"

namespace shoal::test {
namespace {

class UnderAMarker : public Serving {
 protected:
  UnderAMarker() {
    drop("v1", "lone");
    drop_pond("v1");
    // Whatever has to settle is not loaded while the test runs.
    rules_.settle = std::chrono::hours(1);
  }

  void raise() {
    markers_.push_back(std::make_unique<Marker>(apps()));
    markers_.back()->raise();
  }

  /// As `shoal drop` does it.
  void drop_whole(const std::string& version, const std::vector<std::string>& names) const {
    std::vector<Drop> drops;
    for (const auto& name : names) drops.push_back({built(version, name), name});
    releases::drop(drops, apps(), [] { return false; });
  }
  void drop_whole_pond(const std::string& version) const {
    drop_whole(version, {"pond.base", "pond.left", "pond.right"});
  }

  std::vector<std::unique_ptr<Marker>> markers_;
};

TEST_F(UnderAMarker, WhatShoalDropBroughtIsLoadedAtOnceThoughOthersHaveToSettle) {
  serve();
  for (const std::string version : {"2", "1", "2"}) {
    drop_whole_pond("v" + version);
    EXPECT_EQ(get("pond.left"), "left " + version + " on base " + version);
    EXPECT_EQ(get("pond.right"), "right " + version + " on base " + version);
  }
  EXPECT_EQ(label("pond"), "pond/4");
}

TEST_F(UnderAMarker, EachOfManyDropsInOneTickOfTheClockIsLoaded) {
  serve();
  for (int i = 0; i < 20; ++i) {
    const std::string version = i % 2 == 0 ? "2" : "1";
    drop_whole("v" + version, {"lone"});
    ASSERT_EQ(get("lone"), "lone " + version) << i;
  }
}

TEST_F(UnderAMarker, ANewGroupIsLoadedAtOnceInAFolderThatIsThere) {
  serve();
  drop_whole("v1", {"tiny"});
  EXPECT_EQ(get("tiny"), answer_in(*enter("tiny"), "tiny"));
  EXPECT_EQ(label("tiny"), "tiny/1");
}

TEST_F(UnderAMarker, RequestsGetTheOldGenerationAtOnceUntilItIsLifted) {
  serve();
  raise();
  drop_whole_pond("v2");  // lifts its own marker; the other is up still
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
  EXPECT_EQ(get("pond.right"), "right 1 on base 1");
  markers_.clear();
  EXPECT_EQ(get("pond.left"), "left 2 on base 2");
}

TEST_F(UnderAMarker, NothingIsLoadedUntilTheLastOfSeveralIsLifted) {
  serve();
  raise();
  raise();
  drop_whole_pond("v2");
  markers_.erase(markers_.begin());
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
  markers_.clear();
  EXPECT_EQ(get("pond.left"), "left 2 on base 2");
}

TEST_F(UnderAMarker, ItsLiftingIsNoticedWithoutARequest) {
  serve();
  raise();
  drop_whole_pond("v2");
  enter("lone");
  markers_.clear();
  EXPECT_TRUE(eventually([this] { return label("pond") == "pond/2"; }));
}

TEST_F(UnderAMarker, WhatACopyHadBegunBeforeStillHasToSettle) {
  rules_.settle = std::chrono::milliseconds(1'500);
  serve();
  drop("v2", "pond.base");
  drop_whole("v2", {"pond.left"});
  const auto snapshot = enter("nothing");
  EXPECT_EQ(answer_in(*snapshot, "pond.left"), "left 1 on base 1");
  drop("v2", "pond.right");
  EXPECT_EQ(get("pond.right"), "right 2 on base 2");
  EXPECT_EQ(label("pond"), "pond/2") << "one load for all of it";
}

TEST_F(UnderAMarker, ACopyOverWhatShoalDropBroughtHasToSettle) {
  rules_.settle = std::chrono::milliseconds(1'500);
  serve();
  drop_whole("v2", {"pond.base", "pond.left"});
  drop("v2", "pond.left");
  drop("v2", "pond.right");
  EXPECT_EQ(get("pond.right"), "right 2 on base 2");
  EXPECT_EQ(label("pond"), "pond/2") << "one load for all of it";
}

TEST_F(UnderAMarker, AContainerThatStartsWaitsForItsLifting) {
  raise();
  std::thread starts([this] { serve(); });
  ASSERT_TRUE(eventually([this] { return !std::filesystem::is_empty(run()); }));
  drop_whole_pond("v2");
  markers_.clear();
  starts.join();
  EXPECT_EQ(get("pond.left"), "left 2 on base 2");
  EXPECT_EQ(label("pond"), "pond/1") << "never of what lay there under the marker";
}

TEST_F(UnderAMarker, OfADeadOwnerAllIsAsWithoutIt) {
  const Logged logged;
  write("apps/.shoal-drop.gone00", "4711\n");
  serve();
  drop_whole_pond("v2");
  EXPECT_EQ(get("pond.left"), "left 2 on base 2");
  end();
  EXPECT_THAT(logged.text(), testing::HasSubstr(".shoal-drop.gone00: ignored: process 4711"));
}

TEST_F(UnderAMarker, ThatIsLeftUpNothingIsHeldForEver) {
  serve();
  raise();
  drop_whole_pond("v2");
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
  std::filesystem::last_write_time(
      *markers_in(apps()).begin(),
      std::filesystem::file_time_type::clock::now() - std::chrono::minutes(2));
  EXPECT_TRUE(eventually([this] { return label("pond") == "pond/2"; }));
}

class UnderAMarkerByStat : public UnderAMarker {
 protected:
  UnderAMarkerByStat() {
    rules_.watch = WatchMode::kStat;
    rules_.interval = std::chrono::milliseconds(1);
    rules_.settle = std::chrono::milliseconds(20);
  }
};

TEST_F(UnderAMarkerByStat, NothingIsLoadedUntilItIsLifted) {
  serve();
  raise();
  drop_whole("v2", {"pond.base"});
  let_the_clock_tick();
  std::this_thread::sleep_for(3 * rules_.settle);
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
  drop_whole("v2", {"pond.left", "pond.right"});
  markers_.clear();
  EXPECT_TRUE(eventually([this] { return get("pond.left") == "left 2 on base 2"; }));
  EXPECT_EQ(label("pond"), "pond/2") << "one load for all of it";
}

}  // namespace
}  // namespace shoal::test
