// A worker that is lost while it opens a drop, and one that comes late.
#include "serving.hpp"

namespace shoal::test {
namespace {

using testing::HasSubstr;

class LostWorker : public Serving {
 protected:
  LostWorker() { drop("v1", "lone"); }

  /// The worker is in the constructor of what was dropped.
  void opens_slowly() {
    serve();
    hold("1");
    drop("slow1", "lone");
    ASSERT_TRUE(eventually([this] { return is_waiting("1"); }));
    ASSERT_TRUE(eventually([this] {
      const auto group = container_->group("lone");
      return group.deployment && std::ranges::any_of(group.deployment->awaited, [](const auto& it) {
               return it.second.begun;
             });
    }));
    std::filesystem::remove(latches() / "waiting.1");
  }

  std::string opened_now() const { return container_->group("lone").deployment->staged->label(); }
};

TEST_F(LostWorker, ThatReportsThisGenerationRefusesTheDrop) {
  opens_slowly();
  container_->lose_worker(0, {{"reported", true}, {"generation", opened_now()}});
  EXPECT_TRUE(eventually([this] { return !refusal("lone").empty(); }));
  EXPECT_THAT(refusal("lone"),
              HasSubstr("lone/2: a worker exited while it opened this; see its crash report, "));
  EXPECT_EQ(seen(container_->start_worker(), "lone"), "lone/1: lone 1");
}

TEST_F(LostWorker, ThatReportsOtherCodeSaysNothingAgainstTheDrop) {
  opens_slowly();
  container_->lose_worker(0, {{"reported", true}, {"generation", "pond/7"}});
  auto& next = container_->start_worker();
  ASSERT_TRUE(eventually([this] { return is_waiting("1"); }));
  std::filesystem::remove(latches() / "waiting.1");
  container_->lose_worker(1, {{"reported", true}, {"generation", "pond/7"}});
  auto& last = container_->start_worker();
  ASSERT_TRUE(eventually([this] { return is_waiting("1"); })) << "any number of times";
  lift("1");
  EXPECT_EQ(seen(last, "lone"), "lone/2: slow 1");
  static_cast<void>(next);
}

TEST_F(LostWorker, WithoutAReportHasTheOpeningRepeatedOnce) {
  opens_slowly();
  container_->lose_worker(0);
  auto& next = container_->start_worker();
  ASSERT_TRUE(eventually([this] { return is_waiting("1"); }));
  EXPECT_EQ(refusal("lone"), "");
  lift("1");
  EXPECT_EQ(seen(next, "lone"), "lone/2: slow 1");
}

TEST_F(LostWorker, WithoutAReportTwiceRefusesTheDrop) {
  opens_slowly();
  container_->lose_worker(0);
  container_->start_worker();
  ASSERT_TRUE(eventually([this] { return is_waiting("1"); }));
  container_->lose_worker(1, {{"reported", false}, {"how", "was ended by Killed"}});
  EXPECT_TRUE(eventually([this] { return !refusal("lone").empty(); }));
  EXPECT_THAT(refusal("lone"), HasSubstr("lone/2: a worker was ended by Killed while it opened "
                                         "this; it left no crash report: "));
  EXPECT_EQ(seen(container_->start_worker(), "lone"), "lone/1: lone 1");
}

TEST_F(LostWorker, OverADropHasItNotTriedAtTheNextStart) {
  opens_slowly();
  container_->lose_worker(0, {{"reported", true}, {"generation", opened_now()}});
  EXPECT_TRUE(eventually([this] { return !refusal("lone").empty(); }));
  lift("1");
  restart();
  EXPECT_EQ(get("lone"), "lone 1");
  EXPECT_FALSE(is_waiting("1")) << "it was not opened again";
  EXPECT_THAT(container_->group("lone").judgements.back().reason,
              HasSubstr("it ended a worker while it was opened"));
  drop("v2", "lone");
  EXPECT_EQ(get("lone"), "lone 2");
}

TEST_F(LostWorker, OfTheOthersLeavesTheDropToTheRest) {
  serve();
  container_->start_worker();
  container_->stop_worker(1);
  drop("v2", "lone");
  ASSERT_TRUE(comes_to_be("lone", Life::State::kSpreading));
  container_->lose_worker(1);
  EXPECT_EQ(seen("lone"), "lone/2: lone 2");
}

TEST_F(LostWorker, ThatOpensNothingChangesNothing) {
  serve();
  container_->start_worker();
  container_->end_worker(0);
  worker_ = nullptr;
  drop("v2", "lone");
  EXPECT_TRUE(eventually([this] { return label("lone") == "lone/2"; }));
}

class LateWorker : public Serving {};

TEST_F(LateWorker, ServesWhatServes) {
  drop("v1", "lone");
  drop_pond("v1");
  serve();
  drop("v2", "lone");
  EXPECT_EQ(get("lone"), "lone 2");
  auto& late = container_->start_worker();
  EXPECT_EQ(seen(late, "lone"), "lone/2: lone 2");
  EXPECT_EQ(seen(late, "pond.left"), "pond/1: left 1 on base 1");
}

TEST_F(LateWorker, ThatStartsDuringADropOpensItToo) {
  drop("v1", "lone");
  serve();
  hold("1");
  drop("slow1", "lone");
  ASSERT_TRUE(eventually([this] { return is_waiting("1"); }));
  auto& late = container_->start_worker();
  EXPECT_EQ(label_in(late, "lone"), "lone/1");
  lift("1");
  EXPECT_EQ(seen(late, "lone"), "lone/2: slow 1");
  EXPECT_EQ(seen("lone"), "lone/2: slow 1");
}

}  // namespace
}  // namespace shoal::test
