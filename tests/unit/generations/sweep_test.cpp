// Which requests wait for what, and for how long. The test is the deployer: what it does not do
// does not happen.
#include <sys/inotify.h>

#include <array>

#include "deployed.hpp"

namespace shoal::generations {
namespace {

namespace message = releases::message;
using testing::ElementsAre;

TEST(GroupsThatAnswer, AreThoseOfEveryNameDownToTheTargetAndOfTheirIndexes) {
  const auto grouping = releases::Grouping::listed(
      {{"deep", {"site.a.b"}}, {"wide", {"site"}}, {"index", {"site.a.index"}}});
  EXPECT_THAT(groups_that_answer(grouping, "site.a.b.c", "site"),
              ElementsAre("deep", "index", "wide"));
  EXPECT_THAT(groups_that_answer(grouping, "site.a.b.c", "site.a.b"), ElementsAre("deep"));
  EXPECT_THAT(groups_that_answer(grouping, "other.x", "other"), ElementsAre("pinned.other"));
  EXPECT_TRUE(groups_that_answer(grouping, "", "").empty());
}

class Sweeping : public Deployed {};

TEST_F(Sweeping, WaitsForWhatIsWantedUntilItIsServed) {
  serve({lone("v1", 1)});
  EXPECT_EQ(get("lone"), "lone 1");
  want("lone");
  Visitor visitor(*this, "lone");
  ASSERT_TRUE(visitor.comes_to_wait());
  const json next = lone("v2", 2);
  decide(next);
  tell(message::kServe, next);
  EXPECT_EQ(visitor.gets(), "lone 2");
}

TEST_F(Sweeping, WaitsForThePublishingOfWhatIsDecided) {
  serve({lone("v1", 1)});
  want("lone");
  const json next = lone("v2", 2);
  decide(next);
  Visitor visitor(*this, "lone");
  ASSERT_TRUE(visitor.comes_to_wait());
  tell(message::kServe, next);
  EXPECT_EQ(visitor.gets(), "lone 2");
}

TEST_F(Sweeping, PublishesWhatIsHeldReadyWithoutAMessage) {
  serve({lone("v1", 1)});
  want("lone");
  const json next = lone("v2", 2);
  tell(message::kOpen, next);
  answer(message::kOpened);
  decide(next);
  EXPECT_EQ(get("lone"), "lone 2");
  tell(message::kServe, next);
  EXPECT_EQ(published(), json({{"lone", 2}}));
}

TEST_F(Sweeping, PublishesAsSoonAsWhatIsDecidedIsHeldReady) {
  serve({lone("v1", 1)});
  want("lone");
  const json next = lone("v2", 2);
  decide(next);
  Visitor visitor(*this, "lone");
  ASSERT_TRUE(visitor.comes_to_wait());
  tell(message::kOpen, next);
  EXPECT_EQ(visitor.gets(), "lone 2");
}

TEST_F(Sweeping, HasNoGroupThatIsDecidedToBeGone) {
  serve({lone("v1", 1)});
  want("lone");
  page().serve(cell("lone"), 0, 1);
  EXPECT_EQ(get("lone"), "404");
  EXPECT_EQ(answer(message::kRetired), json({{"group", "lone"}, {"number", 1}}));
}

TEST_F(Sweeping, KeepsAGroupOfWhichThePageSaysNothingYet) {
  serve({lone("v1", 1)});
  page().reset(cell("lone"), 0);
  EXPECT_EQ(get("lone"), "lone 1");
}

TEST_F(Sweeping, DoesNotWaitForOtherGroups) {
  serve({lone("v1", 1), pond("v1", 1)});
  want("lone");
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
  EXPECT_EQ(get("nothing"), "404");
}

TEST_F(Sweeping, DoesNotWaitForASlowConstructorOfAnotherGroup) {
  serve({lone("v1", 1), pond("v1", 1)});
  hold("1");
  want("lone");
  const json slow = lone("slow1", 2);
  tell(message::kOpen, slow);
  ASSERT_TRUE(eventually([this] { return is_waiting("1"); }));
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
  Visitor visitor(*this, "lone");
  ASSERT_TRUE(visitor.comes_to_wait());
  lift("1");
  answer(message::kOpened);
  decide(slow);
  EXPECT_EQ(visitor.gets(), "slow 1");
}

TEST_F(Sweeping, EndsWithTheOldCodeWhenTheDropIsRefused) {
  serve({lone("v1", 1)});
  want("lone");
  Visitor visitor(*this, "lone");
  ASSERT_TRUE(visitor.comes_to_wait());
  page().decide(cell("lone"), 1);
  EXPECT_EQ(visitor.gets(), "lone 1");
}

TEST_F(Sweeping, EndsWithTheOldCodeWhenNoDeployerCanBeHeardAnyMore) {
  serve({lone("v1", 1)});
  want("lone");
  Visitor visitor(*this, "lone");
  ASSERT_TRUE(visitor.comes_to_wait());
  generations_->stop_waiting();
  EXPECT_EQ(visitor.gets(), "lone 1");
  EXPECT_EQ(get("lone"), "lone 1");
}

TEST_F(Sweeping, EndsWithTheOldCodeAfterTheTimeThatIsAllowed) {
  rules_.wait = std::chrono::milliseconds(50);
  serve({lone("v1", 1)});
  want("lone");
  EXPECT_EQ(get("lone"), "lone 1");
  const json next = lone("v2", 2);
  decide(next);
  EXPECT_EQ(get("lone"), "lone 1") << "not published here yet";
  tell(message::kServe, next);
  published();
  EXPECT_EQ(get("lone"), "lone 2");
}

TEST_F(Sweeping, DoesNotWaitForAGroupThatHasBeenStaleForLonger) {
  serve({lone("v1", 1)});
  page().want(cell("lone"), std::chrono::steady_clock::now() - std::chrono::hours(1));
  EXPECT_EQ(get("lone"), "lone 1");
}

TEST_F(Sweeping, DoesNotWaitForWhatIsDroppedAfterTheRequestCame) {
  serve({lone("v1", 1)});
  want("lone");
  Visitor visitor(*this, "lone");
  ASSERT_TRUE(visitor.comes_to_wait());
  const json next = lone("v2", 2);
  tell(message::kServe, next);
  published();
  want("lone");
  page().serve(cell("lone"), 2, 1);
  EXPECT_EQ(visitor.gets(), "lone 2");
}

TEST_F(Sweeping, WaitsUntilTheDeployerHasReadWhatTheKernelTold) {
  serve({lone("v1", 1)});
  const json next = lone("v2", 2);
  const auto watched = folder() / "watched";
  std::filesystem::create_directory(watched);
  ASSERT_GE(::inotify_add_watch(feed_.inotify->get(), watched.c_str(), IN_CLOSE_WRITE), 0);
  std::ofstream(watched / "file");
  Visitor visitor(*this, "lone");
  ASSERT_TRUE(visitor.comes_to_wait()) << "an event is queued";
  page().begin_reading();
  std::array<char, 4096> events{};
  ASSERT_GT(::read(feed_.inotify->get(), events.data(), events.size()), 0);
  ASSERT_TRUE(visitor.comes_to_wait()) << "it is being judged";
  want("lone");
  page().end_reading();
  ASSERT_TRUE(visitor.comes_to_wait()) << "its drop is not decided";
  decide(next);
  tell(message::kServe, next);
  EXPECT_EQ(visitor.gets(), "lone 2");
}

TEST_F(Sweeping, WaitsOnceForADeployerThatNeverEndsReading) {
  rules_.wait = std::chrono::seconds(1);
  serve({lone("v1", 1)});
  page().begin_reading();
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(get("lone"), "lone 1");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(50));
}

TEST_F(Sweeping, WaitsAgainForTheReadingOfANewDeployer) {
  rules_.wait = std::chrono::seconds(2);
  serve({lone("v1", 1)});
  const json next = lone("v2", 2);
  tell(message::kOpen, next);
  answer(message::kOpened);
  page().begin_reading();
  EXPECT_EQ(get("lone"), "lone 1") << "it has died";
  page().begin_reading();
  Visitor visitor(*this, "lone");
  ASSERT_TRUE(visitor.comes_to_wait());
  want("lone");
  decide(next);
  page().end_reading();
  EXPECT_EQ(visitor.gets(), "lone 2");
}

TEST_F(Sweeping, AsksTheDeployerToCompareWhereNothingIsWatched) {
  rules_.interval = std::chrono::milliseconds(0);
  page().set_watching(releases::Watching::kStat);
  serve({lone("v1", 1)});
  Visitor visitor(*this, "lone");
  ASSERT_TRUE(visitor.comes_to_wait());
  std::uint64_t asked = 0;
  EXPECT_EQ(::read(feed_.wake->get(), &asked, sizeof asked), static_cast<ssize_t>(sizeof asked));
  page().begin_reading();
  page().set_compared(std::chrono::steady_clock::now());
  page().end_reading();
  EXPECT_EQ(visitor.gets(), "lone 1");
}

TEST_F(Sweeping, DoesNotAskToCompareWithinTheInterval) {
  rules_.interval = std::chrono::hours(1);
  page().set_watching(releases::Watching::kStat);
  page().set_compared(std::chrono::steady_clock::now());
  serve({lone("v1", 1)});
  EXPECT_EQ(get("lone"), "lone 1");
  std::uint64_t asked = 0;
  EXPECT_LT(::read(feed_.wake->get(), &asked, sizeof asked), 0);
}

TEST_F(Sweeping, WaitsOnceForADeployerThatDoesNotCompare) {
  rules_.wait = std::chrono::seconds(1);
  page().set_watching(releases::Watching::kStat);
  serve({lone("v1", 1)});
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(get("lone"), "lone 1");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(50));
}

TEST_F(Sweeping, SeesWholeSnapshotsThatAreNeverOlderThanWhatWasDecided) {
  serve({pond("v1", 1)});
  std::atomic<unsigned long> decided = 1;
  std::atomic<bool> ends = false;
  std::atomic<int> mixed = 0, stale = 0, requests = 0;
  std::vector<std::thread> visitors;
  for (int i = 0; i < 4; ++i) {
    visitors.emplace_back([&] {
      const base::OwnThread own_thread;
      while (!ends) {
        const unsigned long least = decided;
        const auto snapshot = enter("pond.left");
        const auto* entry = snapshot->find("pond.left");
        const auto number = entry->generation->number();
        const std::string version = number % 2 == 1 ? "1" : "2";
        stale += number < least ? 1 : 0;
        const bool whole =
            answer_in(*snapshot, "pond.left") == "left " + version + " on base " + version &&
            answer_in(*snapshot, "pond.right") == "right " + version + " on base " + version;
        mixed += whole ? 0 : 1;
        ++requests;
      }
    });
  }
  for (unsigned long number = 2; number <= 20; ++number) {
    const json next = pond(number % 2 == 1 ? "v1" : "v2", number);
    want("pond");
    tell(message::kOpen, next);
    answer(message::kOpened);
    decide(next);
    decided = number;
    tell(message::kServe, next);
    published();
  }
  ends = true;
  for (auto& visitor : visitors) visitor.join();
  EXPECT_EQ(mixed, 0);
  EXPECT_EQ(stale, 0);
  EXPECT_GT(requests, 0);
  while (answer(message::kRetired).at("number") < 19) {
  }
}

}  // namespace
}  // namespace shoal::generations
