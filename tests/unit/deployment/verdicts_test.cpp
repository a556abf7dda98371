// What commands are told: verdicts, history, rollback, and what is pinned.

#include "serving.hpp"
#include "unit/releases/logged.hpp"

namespace shoal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class Verdicts : public Serving {
 protected:
  nlohmann::json history(const std::string& group) {
    return container_->ask({{"ask", "history"}, {"group", group}});
  }

  /// Returns `2 refused`, one for each release; `*` stands at the one that serves.
  std::vector<std::string> releases(const std::string& group) {
    std::vector<std::string> lines;
    const auto answer = history(group);
    for (const auto& release : answer.at("releases")) {
      lines.push_back(std::to_string(release.at("number").get<unsigned>()) + " " +
                      release.at("verdict").get<std::string>() +
                      (release.at("serving").get<bool>() ? " *" : ""));
    }
    return lines;
  }
};

TEST_F(Verdicts, ADropIsLive) {
  drop("v1", "lone");
  serve();
  EXPECT_EQ(verdict_on("v2", "lone"), "lone live lone/2");
  EXPECT_EQ(verdict_on("v1", "tiny"), "tiny live tiny/1") << "a new group, too";
}

TEST_F(Verdicts, ADropOfTheSameBytesIsUnchanged) {
  drop("v1", "lone");
  serve();
  EXPECT_EQ(verdict_on("v1", "lone"), "lone unchanged lone/1");
  EXPECT_EQ(seen("lone"), "lone/1: lone 1");
  EXPECT_EQ(verdict_on("v2", "lone"), "lone live lone/2") << "it takes no number";
}

TEST_F(Verdicts, ABadDropIsRefusedWithTheReason) {
  drop("v1", "lone");
  serve();
  EXPECT_THAT(verdict_on("throws", "lone"), StartsWith("lone refused lone/1: "));
  EXPECT_THAT(refusal("lone"), HasSubstr("its constructor threw: no database"));
}

TEST_F(Verdicts, TheSameBytesAsWhatWasRefusedAreTriedAgain) {
  drop("v1", "lone");
  serve();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(verdict_on("throws", "lone"), HasSubstr("lone refused lone/1: "));
  }
  EXPECT_EQ(read("diary").find("tried\ntried\ntried\n") != std::string::npos, true);
  EXPECT_THAT(releases("lone"), ElementsAre("1 live *", "2 refused")) << "the same release";
}

TEST_F(Verdicts, ADropThatAnotherOneReplacedIsOvertaken) {
  drop("v1", "lone");
  serve();
  drop("v2", "lone");
  const auto words = question_about({"lone"});
  drop("throws", "lone");
  drop("v1", "lone");
  EXPECT_EQ(get("lone"), "lone 1");
  const auto verdict = verdict_in(container_->ask(words));
  EXPECT_THAT(verdict,
              testing::AnyOf(StartsWith("lone overtaken lone/"), StartsWith("lone live lone/")));
  const auto again = question_about({"lone"});
  drop("v2", "lone");
  EXPECT_EQ(get("lone"), "lone 2");
  EXPECT_THAT(verdict_in(container_->ask(again)), StartsWith("lone overtaken lone/"));
}

TEST_F(Verdicts, ADropIntoTwoGroupsHasOneForEach) {
  drop("v1", "lone");
  drop_pond("v1");
  serve();
  drop("throws", "lone");
  drop("v2", "pond.base");
  const auto answer = verdict_in(container_->ask(question_about({"lone", "pond.base"})));
  EXPECT_THAT(answer, StartsWith("lone refused lone/1: "));
  EXPECT_THAT(answer, testing::EndsWith(" pond live pond/2"));
}

TEST_F(Verdicts, OfAReloadIsLiveAndOfWhatServes) {
  drop("v1", "lone");
  serve();
  EXPECT_THAT(verdict_on("throws", "lone"), HasSubstr("refused"));
  EXPECT_EQ(reload("lone"), "lone live lone/3");
  EXPECT_EQ(get("lone"), "lone 1");
}

TEST_F(Verdicts, ARollBackServesTheReleaseBefore) {
  drop("v1", "lone");
  serve();
  EXPECT_EQ(verdict_on("v2", "lone"), "lone live lone/2");
  EXPECT_EQ(roll_back("lone"), "lone live lone/3");
  EXPECT_EQ(seen("lone"), "lone/3: lone 1");
  EXPECT_THAT(releases("lone"), ElementsAre("1 live *", "2 live"));
  EXPECT_THAT(history("lone").at("releases").at(0).at("generations"), nlohmann::json({1, 3}));
}

TEST_F(Verdicts, TheHistorySaysOfWhatServesWhoMadeItServeWhateverWasTriedSince) {
  drop("v1", "lone");
  const Logged logged;
  serve();
  EXPECT_EQ(verdict_on("v2", "lone"), "lone live lone/2");
  EXPECT_EQ(roll_back("lone", 1), "lone live lone/3");
  EXPECT_EQ(verdict_on("v1", "lone"), "lone unchanged lone/3");
  EXPECT_EQ(reload("lone"), "lone live lone/4");
  EXPECT_EQ(verdict_on("v1", "lone"), "lone unchanged lone/4");
  const auto release = history("lone").at("releases").at(0);
  EXPECT_EQ(release.at("verdict"), "live");
  EXPECT_EQ(release.at("by"), "reload by tester");
  const auto& attempts = release.at("attempts");
  ASSERT_EQ(attempts.size(), 5u);
  EXPECT_EQ(release.at("at"), attempts.at(3).at("at")) << "WHEN and BY are of one attempt";
  EXPECT_EQ(attempts.at(1).at("by"), "rollback by tester");
  EXPECT_EQ(attempts.at(4).at("verdict"), "unchanged");
  end();
  EXPECT_THAT(logged.text(), HasSubstr("goes back to release 1, as `shoal rollback` by tester"));
  EXPECT_THAT(logged.text(), HasSubstr("will be reloaded, as `shoal reload` by tester has asked"));
}

TEST_F(Verdicts, ARollBackGoesToANumberThatWasAskedFor) {
  drop("v1", "lone");
  serve();
  EXPECT_EQ(verdict_on("v2", "lone"), "lone live lone/2");
  EXPECT_EQ(verdict_on("slow1", "lone"), "lone live lone/3");
  EXPECT_EQ(roll_back("lone", 1), "lone live lone/4");
  EXPECT_EQ(get("lone"), "lone 1");
  EXPECT_EQ(roll_back("lone", 3), "lone live lone/5") << "forward, too";
  EXPECT_EQ(get("lone"), "slow 1");
  EXPECT_THAT(roll_back("lone", 77), HasSubstr("there is no release 77"));
  EXPECT_THAT(roll_back("nobody"), HasSubstr("there is no such group"));
}

TEST_F(Verdicts, ThereIsNothingToGoBackToAtFirst) {
  drop("v1", "lone");
  serve();
  EXPECT_THAT(roll_back("lone"), HasSubstr("there is no earlier release that was live"));
  EXPECT_EQ(seen("lone"), "lone/1: lone 1");
}

TEST_F(Verdicts, ARollBackServesUntilTheNextDropOverARestart) {
  drop("v1", "lone");
  serve();
  EXPECT_EQ(verdict_on("v2", "lone"), "lone live lone/2");
  EXPECT_EQ(roll_back("lone"), "lone live lone/3");
  restart();
  EXPECT_EQ(get("lone"), "lone 1");
  container_->replace_deployer();
  EXPECT_EQ(get("lone"), "lone 1");
  restart();
  EXPECT_EQ(get("lone"), "lone 1") << "and over the next one";
  EXPECT_THAT(verdict_on("v2", "lone"), StartsWith("lone live lone/"));
  EXPECT_EQ(get("lone"), "lone 2");
  restart();
  EXPECT_EQ(get("lone"), "lone 2");
}

TEST_F(Verdicts, HistoryTellsOfFilesAndOfWhereTheyComeFrom) {
  drop("v1", "lone");
  drop_pond("v1");
  serve();
  EXPECT_THAT(verdict_on("throws", "lone"), HasSubstr("refused"));
  EXPECT_THAT(releases("lone"), ElementsAre("1 live *", "2 refused"));
  const auto refused = history("lone").at("releases").at(1);
  EXPECT_THAT(refused.at("reason"), HasSubstr("no database"));
  EXPECT_EQ(refused.at("generations"), nlohmann::json::array());
  EXPECT_EQ(refused.at("files").at(0).at("module"), "lone");
  EXPECT_EQ(refused.at("files").at(0).at("sha256").get<std::string>().size(), 64u);
  EXPECT_EQ(history("").at("releases").size(), 3u) << "of all groups";
  EXPECT_THAT(history("nobody").at("error"), HasSubstr("there is no such group"));
}

TEST_F(Verdicts, AQuestionThatIsNotKnownIsAnswered) {
  serve();
  EXPECT_THAT(container_->ask({{"ask", "dance"}}).at("error"), HasSubstr("dance"));
}

TEST_F(Verdicts, AQuestionWithWrongTypesIsAnswered) {
  serve();
  EXPECT_THAT(container_->ask({{"ask", "rollback"}, {"group", 7}}).at("error"),
              HasSubstr("cannot be understood"));
}

class Progress : public Verdicts {
 protected:
  /// Returns the lines that a question has got.
  std::vector<std::string> told(unsigned question) {
    std::vector<std::string> lines;
    for (const auto& message : container_->requests()) {
      if (message.at("say") != "progress" || message.at("question") != question) continue;
      lines.push_back(message.at("words").at("progress"));
    }
    return lines;
  }
};

TEST_F(Progress, TellsWhatAReloadWaitsForUntilItsVerdict) {
  drop("slow1", "lone");
  serve();
  worker_->enter("lone", "lone");
  container_->start_worker();
  hold("1");
  const auto followed =
      container_->ask_only({{"ask", "reload"}, {"group", "lone"}, {"progress", true}});
  const auto silent = container_->ask_only({{"ask", "reload"}, {"group", "lone"}});
  EXPECT_TRUE(eventually([&] {
    const auto lines = told(followed);
    return !lines.empty() && lines.back().starts_with("lone/2: opening in worker ");
  }));
  lift("1");
  EXPECT_EQ(verdict_in(container_->answer_to(followed)), "lone live lone/2");
  container_->answer_to(silent);
  const auto lines = told(followed);
  EXPECT_EQ(std::set(lines.begin(), lines.end()).size(), lines.size()) << "each once";
  EXPECT_THAT(told(silent), testing::IsEmpty());
}

TEST_F(Progress, IsToldAgainByANewDeployer) {
  drop("slow1", "lone");
  serve();
  hold("1");
  const auto question =
      container_->ask_only({{"ask", "reload"}, {"group", "lone"}, {"progress", true}});
  const auto opens = [&] {
    const auto lines = told(question);
    return std::ranges::count_if(lines, [](const auto& line) {
      return line.find(": opening in worker ") != std::string::npos;
    });
  };
  EXPECT_TRUE(eventually([&] { return opens() == 1; }));
  container_->replace_deployer([this] { lift("1"); });
  EXPECT_THAT(verdict_in(container_->answer_to(question)), StartsWith("lone live lone/"));
}

class Restarted : public Serving {};

TEST_F(Restarted, GoesOnWithTheNumbers) {
  drop("v1", "lone");
  serve();
  EXPECT_THAT(verdict_on("throws", "lone"), HasSubstr("refused"));
  EXPECT_EQ(verdict_on("v2", "lone"), "lone live lone/3");
  restart();
  EXPECT_EQ(seen("lone"), "lone/4: lone 2");
  EXPECT_EQ(verdict_on("v1", "lone"), "lone live lone/5");
}

TEST_F(Restarted, ServesTheLastGoodReleaseInsteadOfABadDrop) {
  drop("v1", "lone");
  serve();
  EXPECT_THAT(verdict_on("throws", "lone"), HasSubstr("refused"));
  restart();
  EXPECT_EQ(get("lone"), "lone 1");
  EXPECT_THAT(refusal("lone"), HasSubstr("no database")) << "it was tried, and it is said";
  const auto verdict = verdict_on("v2", "lone");
  EXPECT_EQ(verdict, "lone live " + label("lone"));
}

TEST_F(Restarted, TriesWhatWasDroppedMeanwhile) {
  drop("v1", "lone");
  serve();
  end();
  drop("v2", "lone");
  restart();
  EXPECT_EQ(get("lone"), "lone 2");
}

TEST_F(Restarted, ServesNoGroupWhoseFilesWereRemovedMeanwhile) {
  drop("v1", "lone");
  drop_pond("v1");
  serve();
  end();
  sh("rm apps/lone.so");
  restart();
  EXPECT_EQ(get("lone"), "404");
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
  drop("v1", "lone");
  EXPECT_EQ(seen("lone"), "lone/2: lone 1");
}

class Pinned : public Serving {
 protected:
  Pinned() {
    grouping_ = releases::Grouping::never();
    drop("v1", "lone");
    serve();
  }
};

TEST_F(Pinned, IsFixedAlsoForALateWorkerAndANewDeployer) {
  drop("v2", "lone");
  EXPECT_EQ(seen("lone"), "pinned.lone/1: lone 1");
  EXPECT_EQ(seen(container_->start_worker(), "lone"), "pinned.lone/1: lone 1");
  container_->replace_deployer();
  EXPECT_EQ(seen("lone"), "pinned.lone/1: lone 1");
  EXPECT_EQ(seen(container_->start_worker(), "lone"), "pinned.lone/1: lone 1");
}

TEST_F(Pinned, IsFixedUntilTheServiceEnds) {
  drop("v2", "lone");
  restart();
  EXPECT_EQ(seen("lone"), "pinned.lone/2: lone 2");
}

TEST_F(Pinned, RefusesToBeReloadedOrRolledBack) {
  drop("v2", "lone");
  EXPECT_THAT(reload("pinned.lone"), StartsWith("pinned.lone refused pinned.lone/1: "));
  EXPECT_THAT(roll_back("pinned.lone"), HasSubstr("it is pinned"));
  EXPECT_THAT(reload("lone"), StartsWith("pinned.lone refused pinned.lone/1: "))
      << "also by the name of its module";
  EXPECT_EQ(seen("lone"), "pinned.lone/1: lone 1");
}

TEST_F(Pinned, SaysThatADropIsLoadedAtTheNextStart) {
  EXPECT_THAT(verdict_on("v2", "lone"),
              HasSubstr("pinned.lone none pinned.lone/1: the group is pinned"));
}

}  // namespace
}  // namespace shoal::test
