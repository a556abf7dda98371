// What a worker does with the deployer's messages, and what it answers.
#include <fcntl.h>
#include <sys/resource.h>

#include "base/descriptor.hpp"
#include "deployed.hpp"
#include "generations/holders.hpp"
#include "releases/history/decisions.hpp"

namespace shoal::generations {
namespace {

namespace fs = std::filesystem;
namespace message = releases::message;
using testing::HasSubstr;
using testing::StartsWith;

class Opening : public Deployed {
 protected:
  static json of(const std::string& group, unsigned long number) {
    return {{"group", group}, {"number", number}};
  }

  static std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
  }
};

TEST_F(Opening, BeginsWithTheQuestionForTheList) {
  start();
  answer(message::kJoin);
  EXPECT_FALSE(generations_->has_list());
  EXPECT_EQ(get("lone"), "404");
}

TEST_F(Opening, PublishesTheListAsFarAsItCanAndSaysSo) {
  start();
  tell(message::kList, {{"groups", {lone("throws", 3), pond("v1", 7)}}});
  EXPECT_TRUE(generations_->has_list());
  EXPECT_EQ(answer(message::kFailed).at("group"), "lone");
  EXPECT_EQ(answer(message::kListed), json({{"groups", {{"pond", 7}}}}));
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
  EXPECT_EQ(get("pond.base"), "404") << "a library answers no request";
  EXPECT_FALSE(generations_->complete());
  tell(message::kJudged);
  EXPECT_TRUE(eventually([this] { return generations_->complete(); }));
}

TEST_F(Opening, DropsWhatALaterListLacks) {
  const json stays = pond("v1", 1);
  serve({lone("v1", 1), stays});
  tell(message::kList, {{"groups", {stays}}});
  EXPECT_EQ(answer(message::kListed), json({{"groups", {{"pond", 1}}}}));
  EXPECT_EQ(answer(message::kRetired), of("lone", 1));
  EXPECT_EQ(enter("lone")->find("lone"), nullptr);
}

TEST_F(Opening, HoldsAGenerationReadyUntilItIsToServe) {
  serve({lone("v1", 1)});
  const json next = lone("v2", 2);
  tell(message::kOpen, next);
  EXPECT_EQ(answer(message::kOpened), of("lone", 2));
  EXPECT_EQ(get("lone"), "lone 1");
  tell(message::kServe, next);
  EXPECT_EQ(published(), json({{"lone", 2}}));
  EXPECT_EQ(get("lone"), "lone 2");
  EXPECT_EQ(answer(message::kRetired), of("lone", 1));
}

TEST_F(Opening, OpensWhatIsToServeIfItHasNot) {
  serve({lone("v1", 1)});
  tell(message::kServe, lone("v2", 2));
  EXPECT_EQ(published(), json({{"lone", 2}}));
  EXPECT_EQ(get("lone"), "lone 2");
}

TEST_F(Opening, AnswersAtOnceForWhatItHasOpened) {
  const json first = lone("v1", 1), second = lone("v2", 2);
  serve({first});
  for (int i = 0; i < 2; ++i) {
    tell(message::kOpen, first);
    EXPECT_EQ(answer(message::kOpened), of("lone", 1));
    tell(message::kOpen, second);
    EXPECT_EQ(answer(message::kOpened), of("lone", 2));
  }
  EXPECT_EQ(count_of(diary(), "made"), 2u);
}

TEST_F(Opening, OpensInTheOrderOfTheMessages) {
  serve({lone("v1", 1)});
  for (unsigned long number = 2; number < 10; ++number) tell(message::kOpen, lone("v2", number));
  for (unsigned long number = 2; number < 10; ++number) {
    EXPECT_EQ(answer(message::kOpened), of("lone", number));
  }
}

TEST_F(Opening, SaysWhyAGenerationCannotBeOpened) {
  serve({lone("v1", 1)});
  tell(message::kOpen, lone("throws", 2));
  const json why = answer(message::kFailed);
  EXPECT_EQ(why.at("group"), "lone");
  EXPECT_EQ(why.at("number"), 2);
  EXPECT_EQ(why.at("module"), "lone");
  EXPECT_EQ(why.at("lacks"), false);
  EXPECT_THAT(why.at("why"), HasSubstr("its constructor threw: no database"));
  tell(message::kServe, {{"group", "lone"}, {"number", 3}, {"stage", "nowhere"}});
  EXPECT_THAT(answer(message::kFailed).at("why"), HasSubstr("cannot be read"));
  EXPECT_EQ(get("lone"), "lone 1");
}

TEST_F(Opening, OpensNoStageOfAnotherGeneration) {
  serve({lone("v1", 1)});
  json other = lone("v2", 2);
  other["number"] = 3;
  tell(message::kServe, other);
  EXPECT_THAT(answer(message::kFailed).at("why"), HasSubstr("lone/2, not of lone/3"));
}

TEST_F(Opening, TellsALackOfDescriptorsFromAFaultOfTheFiles) {
  serve({lone("v1", 1)});
  const json next = lone("v2", 2);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit few = before;
  few.rlim_cur = 3;  // all of them are taken
  ::setrlimit(RLIMIT_NOFILE, &few);
  tell(message::kOpen, next);
  const json why = answer(message::kFailed);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(why.at("lacks"), true);
  tell(message::kOpen, next);
  EXPECT_EQ(answer(message::kOpened), of("lone", 2)) << "there are some again";
}

TEST_F(Opening, LetsGoOfWhatIsDiscarded) {
  serve({lone("v1", 1)});
  tell(message::kOpen, lone("v2", 2));
  answer(message::kOpened);
  tell(message::kDiscard, of("lone", 1));
  tell(message::kDiscard, of("lone", 2));
  EXPECT_EQ(answer(message::kRetired), of("lone", 2));
  EXPECT_EQ(get("lone"), "lone 1") << "what serves is not discarded";
}

TEST_F(Opening, HasNoModulesOfAGroupThatIsGone) {
  serve({lone("v1", 1)});
  tell(message::kGone, {{"group", "lone"}});
  EXPECT_EQ(answer(message::kRetired), of("lone", 1));
  EXPECT_EQ(get("lone"), "404");
}

TEST_F(Opening, TellsModulesThatCannotServeFromThoseThatDoNotExist) {
  serve({lone("v1", 1)});
  tell(message::kPresent,
       {{"groups", {{"pond", {"pond.base", "pond.left"}}, {"lone", {"lone", "refused"}}}}});
  ASSERT_TRUE(eventually([this] { return get("pond.left") == "503"; }));
  EXPECT_EQ(get("pond.base"), "503") << "whether it answers requests is not known yet";
  EXPECT_EQ(get("pond.right"), "404");
  EXPECT_EQ(get("lone"), "lone 1");
  EXPECT_EQ(get("refused"), "404") << "the group serves, without it";
  tell(message::kServe, pond("v1", 1));
  ASSERT_TRUE(eventually([this] { return get("pond.left") != "503"; }));
  EXPECT_EQ(get("pond.base"), "404") << "a library, known at the same moment";
  tell(message::kGone, {{"group", "pond"}});
  EXPECT_TRUE(eventually([this] { return get("pond.left") == "503"; }));
}

TEST_F(Opening, ReportsWhatItHas) {
  serve({lone("v1", 1), pond("v1", 1)});
  const auto held = enter("lone");
  tell(message::kServe, lone("v2", 2));
  tell(message::kOpen, lone("v1", 3));
  tell(message::kReport);
  EXPECT_EQ(answer(message::kReported), json({{"published", {{"lone", 2}, {"pond", 1}}},
                                              {"opened", {{"lone", 3}}},
                                              {"mapped", {{"lone", {1, 2, 3}}, {"pond", {1}}}}}));
}

TEST_F(Opening, AsksAgainForTheListIfItsDeployerDiedBeforeItAnswered) {
  serve({lone("v1", 1)});
  answer(message::kJoin);
  tell(message::kReport);
  answer(message::kReported);
  answer(message::kJoin);
  tell(message::kJoined);
  tell(message::kReport);
  answer(message::kReported);
  tell(message::kOpen, lone("v2", 2));
  answer(message::kOpened);
  EXPECT_FALSE(has_said(message::kJoin));
}

TEST_F(Opening, OpensWhatIsRecordedWhereNoDeployerAnswers) {
  const json recorded = lone("v1", 4);
  releases::Decision decision;
  decision.number = 4;
  decision.stage = recorded.at("stage");
  releases::write_decision(run(), "lone", decision);
  start();
  generations_->open_recorded();
  ASSERT_TRUE(eventually([this] { return generations_->complete(); }));
  EXPECT_FALSE(generations_->has_list());
  EXPECT_EQ(get("lone"), "lone 1");
  tell(message::kList, {{"groups", {lone("v2", 5)}}});
  EXPECT_EQ(answer(message::kListed), json({{"groups", {{"lone", 5}}}}));
  EXPECT_TRUE(generations_->complete());
}

TEST_F(Opening, IsNotCompleteWhereNothingIsRecordedUntilTheDeployerHasJudged) {
  start();
  generations_->open_recorded();
  tell(message::kList, {{"groups", json::array()}});
  answer(message::kListed);
  EXPECT_FALSE(generations_->complete());
  tell(message::kJudged);
  EXPECT_TRUE(eventually([this] { return generations_->complete(); }));
}

TEST_F(Opening, SurvivesAMessageThatItDoesNotUnderstand) {
  serve({lone("v1", 1)});
  generations_->handle(json::array());
  generations_->handle({{"say", 4}});
  tell("something else");
  tell(message::kOpen, {{"group", 4}});
  tell(message::kServe, lone("v2", 2));
  EXPECT_EQ(published(), json({{"lone", 2}}));
}

TEST_F(Opening, CallsModulesOnOneThreadOfItsOwn) {
  serve({lone("v1", 1)});
  tell(message::kServe, lone("v2", 2));
  answer(message::kRetired);
  generations_.reset();
  const std::string text = diary();
  const auto thread =
      text.substr(text.find("by thread "), text.find('\n') - text.find("by thread"));
  EXPECT_EQ(count_of(text, thread + "\n"), 4u) << text;
  EXPECT_NE(thread, "by thread " + std::to_string(::gettid()));
}

TEST_F(Opening, ShowsWhatItServes) {
  serve({lone("v1", 1), pond("v1", 7)});
  const auto reports = generations_->report();
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].group, "lone");
  EXPECT_EQ(reports[0].serving->label(), "lone/1");
  EXPECT_TRUE(reports[0].lingering.empty());
  EXPECT_EQ(reports[1].serving->label(), "pond/7");
}

}  // namespace
}  // namespace shoal::generations
