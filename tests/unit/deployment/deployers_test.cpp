// A deployer that ends at any step: the next one goes on from disk and from what the workers say.
#include "serving.hpp"
#include "unit/releases/logged.hpp"

namespace shoal::test {
namespace {

using testing::HasSubstr;
using State = Life::State;

class Replaced : public Serving {
 protected:
  Replaced() { drop("v1", "lone"); }

  /// Drops a module whose constructor does not end, and returns while a worker is in it.
  void drop_slow() {
    hold("1");
    drop("slow1", "lone");
    ASSERT_TRUE(eventually([this] { return is_waiting("1"); }));
    ASSERT_TRUE(comes_to_be("lone", State::kOpening));
  }
};

TEST_F(Replaced, GoesOnWithWhatServes) {
  drop_pond("v1");
  serve();
  const auto held = enter("pond.left");
  container_->replace_deployer();
  EXPECT_EQ(seen("lone"), "lone/1: lone 1");
  EXPECT_EQ(seen("pond.left"), "pond/1: left 1 on base 1");
  drop("v2", "lone");
  EXPECT_EQ(seen("lone"), "lone/2: lone 2");
  EXPECT_EQ(label("pond"), "pond/1");
}

TEST_F(Replaced, SeesWhatWasDroppedBetweenTwoDeployers) {
  serve();
  container_->replace_deployer([this] { drop("v2", "lone"); });
  EXPECT_EQ(seen("lone"), "lone/2: lone 2");
  container_->replace_deployer([this] { sh("rm apps/lone.so"); });
  EXPECT_EQ(get("lone"), "404");
  container_->replace_deployer([this] { drop_pond("v1"); });
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
}

TEST_F(Replaced, WhileAGroupSettles) {
  rules_.settle = std::chrono::milliseconds(300);
  drop_pond("v1");
  serve();
  drop("v2", "pond.base");
  ASSERT_TRUE(comes_to_be("pond", State::kSettling));
  container_->replace_deployer();
  EXPECT_EQ(get("pond.left"), "left 1 on base 2");
}

TEST_F(Replaced, WhileAGroupWaitsForAWorker) {
  begin();
  ASSERT_TRUE(comes_to_be("lone", State::kWaiting));
  container_->replace_deployer();
  ASSERT_TRUE(comes_to_be("lone", State::kWaiting));
  worker_ = &container_->start_worker();
  EXPECT_EQ(get("lone"), "lone 1");
}

TEST_F(Replaced, WhileAWorkerOpens) {
  serve();
  drop_slow();
  container_->replace_deployer();
  lift("1");
  EXPECT_EQ(get("lone"), "slow 1");
  EXPECT_TRUE(comes_to_serve(*worker_, label("lone")));
}

TEST_F(Replaced, WhileTheOthersOpen) {
  serve();
  auto& other = container_->start_worker();
  container_->stop_worker(1);
  drop("v2", "lone");
  ASSERT_TRUE(comes_to_be("lone", State::kSpreading));
  EXPECT_EQ(label_in(*worker_, "lone"), "lone/1") << "it is not decided";
  container_->replace_deployer();
  container_->resume_worker(1);
  EXPECT_EQ(get("lone"), "lone 2");
  EXPECT_TRUE(comes_to_serve(*worker_, label("lone")));
  EXPECT_TRUE(comes_to_serve(other, label("lone")));
}

TEST_F(Replaced, AfterADecisionThatNoWorkerHasHeardOf) {
  serve();
  container_->lose_messages("serve");
  drop("v2", "lone");
  ASSERT_TRUE(eventually([this] { return label("lone") == "lone/2"; }));
  EXPECT_EQ(label_in(*worker_, "lone"), "lone/1");
  container_->lose_messages("");
  container_->replace_deployer();
  EXPECT_TRUE(comes_to_serve(*worker_, "lone/2"));
  EXPECT_EQ(seen("lone"), "lone/2: lone 2");
}

TEST_F(Replaced, AtAnyMomentOfManyDrops) {
  drop_pond("v1");
  serve();
  for (int i = 0; i < 12; ++i) {
    const std::string version = i % 2 == 0 ? "2" : "1";
    drop("v" + version, "lone");
    drop("v" + version, "pond.base");
    std::this_thread::sleep_for(std::chrono::milliseconds(3 * i));  // another moment each time
    container_->replace_deployer();
    ASSERT_EQ(get("lone"), "lone " + version) << i;
    ASSERT_EQ(get("pond.left"), "left 1 on base " + version) << i;
  }
}

TEST_F(Replaced, ChangesNothingOfWhatWasRefused) {
  serve();
  drop("throws", "lone");
  EXPECT_EQ(get("lone"), "lone 1");
  container_->replace_deployer();
  EXPECT_EQ(get("lone"), "lone 1");
  EXPECT_THAT(refusal("lone"), HasSubstr("no database"));
}

TEST_F(Replaced, AnswersAQuestionThatWasAskedBefore) {
  serve();
  drop_slow();
  const auto question = container_->ask_only(question_about({"lone"}));
  container_->replace_deployer();
  EXPECT_FALSE(container_->is_answered(question));
  lift("1");
  EXPECT_THAT(verdict_in(container_->answer_to(question)), testing::StartsWith("lone live lone/"));
}

TEST_F(Replaced, KnowsTheVerdictThatAnEarlierOneGave) {
  serve();
  drop("v2", "lone");
  EXPECT_EQ(get("lone"), "lone 2");
  container_->replace_deployer();
  EXPECT_EQ(verdict_in(container_->ask(question_about({"lone"}))), "lone live lone/2");
}

TEST_F(Replaced, RefusesWhatTwoDeployersHaveDiedOverUntilItsFilesChange) {
  serve();
  drop_slow();
  container_->kill_deployer();
  ASSERT_TRUE(comes_to_be("lone", State::kWaiting)) << "its worker is busy still";
  container_->kill_deployer();
  EXPECT_TRUE(eventually([this] { return !refusal("lone").empty(); }));
  EXPECT_THAT(refusal("lone"), HasSubstr("the deployer died while it read this file"));
  lift("1");
  EXPECT_EQ(get("lone"), "lone 1");
  drop("v2", "lone");
  EXPECT_EQ(get("lone"), "lone 2");
  EXPECT_EQ(refusal("lone"), "");
}

TEST_F(Replaced, LeavesNoStageBehind) {
  serve();
  for (const char* version : {"v2", "v1", "v2"}) {
    drop(version, "lone");
    container_->replace_deployer();
    ASSERT_EQ(get("lone"), std::string("lone ") + version[1]);
  }
  EXPECT_TRUE(eventually([this] { return stages() == 1; })) << stages();
}

TEST_F(Replaced, AWorkerThatAskedTheOldOneJoinsTheNewOne) {
  serve();
  auto& late = container_->start_worker();
  container_->replace_deployer();
  drop("v2", "lone");
  EXPECT_TRUE(comes_to_serve(late, "lone/2"));
  EXPECT_TRUE(comes_to_serve(*worker_, "lone/2"));
}

}  // namespace
}  // namespace shoal::test
