#include "releases/deployer/questions.hpp"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace shoal::releases {
namespace {

using nlohmann::json;

Group judged(const std::string& name, Verdict verdict, const std::string& sha256) {
  Group group;
  group.name = name;
  Judgement judgement;
  judgement.verdict = verdict;
  ReleasedFile file;
  file.module = name + ".home";
  file.sha256 = sha256;
  judgement.files = {file};
  group.last = group.last_drop = judgement;
  return group;
}

class Asked : public testing::Test {
 protected:
  std::string verdict(unsigned question, std::size_t group = 0) {
    return answers.at(question).at("groups").at(group).at("verdict");
  }

  std::map<unsigned, json> answers;
  Questions questions{
      [this](unsigned question, json words) { answers[question] = std::move(words); }};
};

TEST_F(Asked, ADropGetsTheVerdictOnItsBytes) {
  questions.ask(1, {{"pond", {{"pond.home", "aa"}}}});
  EXPECT_TRUE(answers.empty());
  EXPECT_TRUE(questions.wait_for("pond"));
  questions.judged(judged("pond", Verdict::kLive, "aa"), 0);
  EXPECT_EQ(verdict(1), "live");
  EXPECT_FALSE(questions.wait_for("pond"));
}

TEST_F(Asked, ADropWhoseBytesWereNotReadWaitsWhileItsGroupIsStale) {
  questions.ask(1, {{"pond", {{"pond.home", "bb"}}}});
  Group stale = judged("pond", Verdict::kLive, "aa");
  stale.present["pond.home"] = {};
  questions.judged(stale, 0);
  EXPECT_TRUE(answers.empty());
  questions.judged(judged("pond", Verdict::kRefused, "bb"), 0);
  EXPECT_EQ(verdict(1), "refused");
}

TEST_F(Asked, ADropThatALaterOneReplacedIsOvertaken) {
  questions.ask(1, {{"pond", {{"pond.home", "aa"}}}});
  questions.judged(judged("pond", Verdict::kLive, "cc"), 0);
  EXPECT_EQ(verdict(1), "overtaken");
}

TEST_F(Asked, ADropIntoTwoGroupsGetsOneAnswer) {
  questions.ask(1, {{"lake", {{"lake.home", "aa"}}}, {"pond", {{"pond.home", "aa"}}}});
  questions.judged(judged("pond", Verdict::kLive, "aa"), 0);
  EXPECT_TRUE(answers.empty());
  questions.judged(judged("lake", Verdict::kUnchanged, "aa"), 0);
  EXPECT_EQ(verdict(1, 0), "unchanged");
  EXPECT_EQ(verdict(1, 1), "live");
}

TEST_F(Asked, AReloadGetsTheVerdictOnItsOwnWish) {
  questions.ask(4, "pond");
  questions.ask(5, "pond");
  questions.judged(judged("pond", Verdict::kLive, "aa"), 0);
  EXPECT_TRUE(answers.empty()) << "that was a drop";
  questions.judged(judged("pond", Verdict::kRefused, "aa"), 5);
  EXPECT_EQ(verdict(5), "refused");
  EXPECT_FALSE(answers.contains(4));
  questions.judged(judged("pond", Verdict::kLive, "aa"), 4);
  EXPECT_EQ(verdict(4), "live");
}

TEST_F(Asked, FilesThatCouldNotBeReadAreKnownByTheirNames) {
  Group group = judged("pond", Verdict::kRefused, "aa");
  group.last_drop->files.clear();
  questions.ask(1, {{"pond", {{"pond.home", "aa"}}}});
  questions.judged(group, 0);
  EXPECT_EQ(verdict(1), "refused");
}

}  // namespace
}  // namespace shoal::releases
