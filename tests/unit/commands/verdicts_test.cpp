#include "commands/verdicts.hpp"

#include <gmock/gmock.h>

namespace shoal::commands {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

GroupVerdict verdict(const std::string& text) { return verdicts_in(json::parse(text)).at(0); }

TEST(Verdict, OfALiveGroupNamesItsGenerationAndTheTime) {
  const auto live =
      verdict(R"({"groups":[{"group":"site","verdict":"live","generation":"site/13"}]})");
  EXPECT_TRUE(is_good(live));
  EXPECT_EQ(text_of(live, milliseconds(9)), "site: live, site/13, in 9 ms");
  EXPECT_EQ(text_of(live), "site: live, site/13");
}

TEST(Verdict, OfUnchangedFilesIsGood) {
  const auto unchanged =
      verdict(R"({"group":"site","verdict":"unchanged","generation":"site/12"})");
  EXPECT_TRUE(is_good(unchanged));
  EXPECT_EQ(text_of(unchanged, milliseconds(9)), "site: unchanged, site/12");
}

TEST(Verdict, OfARefusedGroupTellsTheReasonAndWhatServes) {
  const auto refused = verdict(
      R"({"group":"site","verdict":"refused","generation":"site/12","reason":"no database"})");
  EXPECT_FALSE(is_good(refused));
  EXPECT_EQ(text_of(refused), "site: refused: no database; still serving site/12");
}

TEST(Verdict, OfARefusedFirstDropSaysThatNothingServes) {
  EXPECT_EQ(text_of(verdict(R"({"group":"site","verdict":"refused","reason":"no database"})")),
            "site: refused: no database; the group has no generation");
}

TEST(Verdict, OfAnOvertakenOrUndecidedDropIsNotGood) {
  const auto overtaken =
      verdict(R"({"group":"site","verdict":"overtaken","generation":"site/12"})");
  const auto none = verdict(R"({"group":"site","verdict":"none","generation":"site/12"})");
  EXPECT_FALSE(is_good(overtaken));
  EXPECT_FALSE(is_good(none));
  EXPECT_EQ(text_of(overtaken), "site: overtaken by a later drop; still serving site/12");
  EXPECT_EQ(text_of(none), "site: no verdict; still serving site/12; see `shoal status`");
}

TEST(Verdict, OfTheConfigurationHasNoGroup) {
  EXPECT_EQ(text_of(verdict(R"({"verdict":"live"})")), "the configuration: live");
  EXPECT_EQ(text_of(verdict(R"({"verdict":"refused","reason":"shoal.yaml:3: wrong"})")),
            "the configuration: refused: shoal.yaml:3: wrong; nothing has changed");
}

TEST(Verdict, ThatIsUnknownIsNotGood) {
  EXPECT_FALSE(is_good(verdict(R"({"group":"site","verdict":"maybe"})")));
}

TEST(Verdict, IsMissingInAnAnswerOfAnotherVersion) {
  for (const char* answer :
       {R"({})", R"({"asked":"site"})", R"({"groups":[]})", R"({"groups":[{"group":"site"}]})",
        R"({"groups":[7]})", R"({"verdict":7})"}) {
    EXPECT_THROW(verdict(answer), std::exception) << answer;
  }
}

TEST(Verdict, CannotControlTheTerminal) {
  EXPECT_EQ(text_of(verdict("{\"group\":\"site\",\"verdict\":\"refused\",\"generation\":\"site/1\","
                            "\"reason\":\"\\u001b[2J\"}")),
            "site: refused: \\x1b[2J; still serving site/1");
}

TEST(Verdict, OfOneGroupThatIsBadMakesTheExitCodeBad) {
  const auto verdicts = verdicts_in(json::parse(
      R"({"groups":[{"group":"a","verdict":"live"},{"group":"b","verdict":"refused"}]})"));
  EXPECT_EQ(exit_code_of(verdicts), 1);
  EXPECT_EQ(exit_code_of({verdicts[0]}), 0);
}

}  // namespace
}  // namespace shoal::commands
