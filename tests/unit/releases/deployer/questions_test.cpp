#include "releases/deployer/questions.hpp"

#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace shoal::releases {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

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
  std::vector<std::string> told;
  Questions questions{
      [this](unsigned question, json words) { answers[question] = std::move(words); },
      [this](unsigned question, const std::string& text) {
        told.push_back(std::to_string(question) + " " + text);
      }};
};

TEST_F(Asked, ADropGetsTheVerdictOnItsBytes) {
  questions.ask(1, {{"pond", {{"pond.home", "aa"}}}});
  EXPECT_TRUE(answers.empty());
  questions.judged(judged("pond", Verdict::kLive, "aa"), 0);
  EXPECT_EQ(verdict(1), "live");
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

/// A question about `lake` and `pond`, which have both changed, and one about `pond` alone.
class Followed : public Asked {
 protected:
  Followed() {
    for (const std::string name : {"lake", "pond"}) {
      groups[name].name = name;
      groups[name].life.on(Life::Event::kChanged);
    }
    questions.ask(1, {{"lake", {{"lake.home", "aa"}}}, {"pond", {{"pond.home", "aa"}}}});
    questions.ask(2, "pond");
  }

  /// Returns what was told since the last time.
  std::vector<std::string> tell() {
    questions.tell(groups);
    return std::exchange(told, {});
  }

  /// The trial of the group begins.
  void begin(const std::string& name) {
    groups[name].deployment.emplace().number = 12;
    groups[name].life.on(Life::Event::kBegun);
  }

  Groups groups;
};

TEST_F(Followed, GetsALineWhenTheStateOfItsGroupChanges) {
  questions.follow(2);
  EXPECT_THAT(tell(), ElementsAre("2 pond: settling"));
  EXPECT_THAT(tell(), IsEmpty()) << "nothing has changed";
  begin("lake");
  EXPECT_THAT(tell(), IsEmpty()) << "it does not wait for that one";
  begin("pond");
  EXPECT_THAT(tell(), ElementsAre("2 pond/12: trying"));
}

TEST_F(Followed, OfSeveralGroupsIsToldOfTheOneThatIsNearestToItsVerdict) {
  questions.follow(1);
  EXPECT_THAT(tell(), ElementsAre("1 0 of 2 groups decided; lake: settling"));
  begin("pond");
  EXPECT_THAT(tell(), ElementsAre("1 0 of 2 groups decided; pond/12: trying"));
  questions.judged(judged("pond", Verdict::kLive, "aa"), true);
  EXPECT_THAT(tell(), ElementsAre("1 1 of 2 groups decided; lake: settling"));
}

TEST_F(Followed, IsToldNothingAfterItsAnswer) {
  questions.answer("pond", Verdict::kRefused, "", "no");
  questions.follow(2);
  EXPECT_THAT(tell(), IsEmpty());
}

TEST_F(Followed, IsToldNothingUntilItIsFollowed) { EXPECT_THAT(tell(), IsEmpty()); }

}  // namespace
}  // namespace shoal::releases
