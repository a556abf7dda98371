#include <stdexcept>

#include "as_nobody.hpp"
#include "commands/commands.hpp"
#include "control/ask_container.hpp"
#include "fake_container.hpp"

namespace shoal::commands {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Why = control::NotAnswered::Why;

class Reload : public CommandTest {
 protected:
  Printed reload(const std::string& group, const VerdictOptions& options = {}) const {
    return printed([&] { return commands::reload(run(), group, options); });
  }

  /// Returns why there is no answer to a question.
  Why why_not_answered(const control::Waiting& waiting = {}) const {
    try {
      control::ask_container(run(), {{"ask", "status"}}, waiting);
    } catch (const control::NotAnswered& error) {
      return error.why();
    }
    throw std::runtime_error("it was answered");
  }
};

TEST_F(Reload, OfAGroupPrintsItsVerdict) {
  container_answers(R"({"group":"site","verdict":"live","generation":"site/14"})"
                    "\n");
  const auto [exit_code, out, err] = reload("site");
  EXPECT_EQ(exit_code, 0);
  EXPECT_EQ(out, "site: live, site/14\n");
  EXPECT_EQ(err, "");
  EXPECT_EQ(container_->question(), (nlohmann::json{{"ask", "reload"}, {"group", "site"}}));
}

TEST_F(Reload, OfAGroupThatIsRefusedPrintsTheReason) {
  container_answers(
      R"({"groups":[{"group":"site","verdict":"refused","generation":"site/13","reason":"no"}]})"
      "\n");
  const auto [exit_code, out, err] = reload("site");
  EXPECT_EQ(exit_code, 1);
  EXPECT_EQ(err, "site: refused: no; still serving site/13\n");
}

TEST_F(Reload, WithoutAGroupIsOfTheConfiguration) {
  container_answers("{\"verdict\":\"live\"}\n");
  const auto [exit_code, out, err] = reload("");
  EXPECT_EQ(exit_code, 0);
  EXPECT_EQ(out, "the configuration: live\n");
  EXPECT_EQ(container_->question(), (nlohmann::json{{"ask", "reload"}}));
}

TEST_F(Reload, OfAConfigurationWithErrorsPrintsThem) {
  container_answers(R"({"verdict":"refused","reason":"shoal.yaml:3: wrong"})"
                    "\n");
  const auto [exit_code, out, err] = reload("");
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(err, HasSubstr("shoal.yaml:3: wrong"));
}

TEST_F(Reload, PrintsTheAnswerAsJson) {
  container_answers(R"({"verdict":"refused","reason":"no"})"
                    "\n");
  const auto [exit_code, out, err] = reload("", {.json = true});
  EXPECT_EQ(exit_code, 1);
  EXPECT_EQ(nlohmann::json::parse(out).at("reason"), "no");
  EXPECT_EQ(err, "");
}

TEST_F(Reload, OfAnUnknownGroupThrowsWhatTheContainerSays) {
  container_answers("{\"error\":\"sit: there is no such group\"}\n");
  EXPECT_THAT([&] { commands::reload(run(), "sit", {}); },
              ::testing::ThrowsMessage<std::runtime_error>("sit: there is no such group"));
}

TEST_F(Reload, GivesUpWhenNoVerdictComesInTime) {
  container_answers("{\"progress\":\"probing\"}\n", FakeContainer::Then::kStaySilent);
  EXPECT_EQ(why_not_answered({.patience = milliseconds(20)}), Why::kTooLate);
}

TEST_F(Reload, SaysHowLongItHasWaited) {
  container_answers("", FakeContainer::Then::kStaySilent);
  const auto [exit_code, out, err] = reload("site", {.wait = milliseconds(20)});
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(err, StartsWith("site: no verdict yet; see `shoal status`"));
  EXPECT_THAT(err, HasSubstr("not answered within 20ms"));
}

TEST_F(Reload, OfTheConfigurationSaysThatItGoesOnWhenItHasWaitedForTooLong) {
  container_answers("", FakeContainer::Then::kStaySilent);
  const auto [exit_code, out, err] = reload("", {.wait = milliseconds(20)});
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(err, StartsWith("the new configuration: no verdict yet, and the reload goes on; "));
}

TEST_F(Reload, SaysWhatHoldsUpTheVerdict) {
  container_answers("{\"progress\":\"p\",\"hindrance\":\"the deployer (process 7) has not\"}\n",
                    FakeContainer::Then::kStaySilent);
  EXPECT_THAT(reload("site", {.wait = milliseconds(500)}).err,
              HasSubstr("not answered within 500ms: the deployer (process 7) has not"));
}

TEST_F(Reload, ForgetsWhatHeldUpTheVerdictOnceItDoesNot) {
  container_answers(
      "{\"progress\":\"p\",\"hindrance\":\"the deployer\"}\n"
      "{\"progress\":\"p\",\"hindrance\":\"\"}\n",
      FakeContainer::Then::kStaySilent);
  EXPECT_THAT(reload("site", {.wait = milliseconds(500)}).err, Not(HasSubstr("the deployer")));
}

TEST(Waits, OfAReloadAreLongerThanTheTimeThatTheOldDeployerHas) {
  EXPECT_GT(control::kReloadWait, control::kReleaseLimit);
  EXPECT_GT(control::kAnswerWait, control::kSilence);
}

TEST_F(Reload, SkipsLinesThatAreNotJson) {
  container_answers("{broken\n7\n{\"verdict\":\"live\"}\n");
  EXPECT_EQ(reload("").out, "the configuration: live\n");
}

TEST_F(Reload, EndsWhenTheContainerClosesTheConnection) {
  container_answers("{\"verdict\":\"li");
  EXPECT_EQ(why_not_answered(), Why::kEnded);
}

TEST_F(Reload, HearsOfProgressBeforeTheAnswer) {
  container_answers(
      "{\"progress\":\"staging\"}\n{\"progress\":\"probing\"}\n{\"verdict\":\"live\"}\n");
  std::vector<std::string> heard;
  const auto answer = control::ask_container(
      run(), {{"ask", "reload"}}, {.progress = [&](const auto& text) { heard.push_back(text); }});
  EXPECT_EQ(answer.at("verdict"), "live");
  EXPECT_THAT(heard, ::testing::ElementsAre("staging", "probing"));
}

TEST_F(Reload, StopsWhenItIsToldTo) {
  container_answers("", FakeContainer::Then::kStaySilent);
  EXPECT_EQ(why_not_answered({.go_on = [] { return false; }}), Why::kStopped);
}

TEST_F(Reload, SaysThatNoContainerRuns) {
  EXPECT_EQ(why_not_answered(), Why::kNoContainer);
  container_answers("");
  EXPECT_EQ(why_not_answered(), Why::kEnded);
  container_.reset();  // leaves its socket, as a killed supervisor does
  EXPECT_EQ(why_not_answered(), Why::kNoContainer);
}

TEST_F(Reload, SaysThatThisUserMayNotAsk) {
  container_answers("");
  std::filesystem::permissions(run(), std::filesystem::perms::none);
  {
    const AsNobody nobody;
    EXPECT_EQ(why_not_answered(), Why::kNoAccess);
  }
  std::filesystem::permissions(run(), std::filesystem::perms::owner_all);
}

class Rollback : public CommandTest {};

TEST_F(Rollback, AsksForTheReleaseBeforeOrForANumber) {
  for (const unsigned long number : {0ul, 7ul}) {
    container_answers(R"({"group":"site","verdict":"live","generation":"site/15"})"
                      "\n");
    const auto [exit_code, out, err] = printed([&] { return rollback(run(), "site", number, {}); });
    EXPECT_EQ(exit_code, 0);
    EXPECT_EQ(out, "site: live, site/15\n");
    nlohmann::json expected{{"ask", "rollback"}, {"group", "site"}};
    if (number != 0) expected["number"] = number;
    EXPECT_EQ(container_->question(), expected);
    container_.reset();
    std::filesystem::remove(run() / "control.sock");
  }
}

}  // namespace
}  // namespace shoal::commands
