#include <cstdlib>
#include <ctime>
#include <stdexcept>

#include "commands/commands.hpp"
#include "commands/history_table.hpp"
#include "fake_container.hpp"

namespace shoal::commands {
namespace {

constexpr const char* kReleases = R"([
  {"group":"site","number":13,"at":1700000000,"by":"drop by mallory","serving":true,
   "files":[{"module":"site.home","build_id":"0123456789abcdef"},
            {"module":"site.plain","build_id":""}],
   "generations":[13,14],"verdict":"live","reason":"","ban":""},
  {"group":"site","number":12,"at":1690000000,"by":"files of root","serving":false,
   "files":[{"module":"a"},{"module":"b"},{"module":"c"},{"module":"d"}],
   "generations":[],"verdict":"refused","reason":"no database","ban":"ended a worker"}])";

class History : public CommandTest {
 protected:
  History() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

TEST_F(History, IsATableWithReasonsBelowTheirLines) {
  EXPECT_EQ(history_table(nlohmann::json::parse(kReleases)),
            "GROUP  RELEASE  WHEN                 BY               MODULES               "
            "BUILD-IDS   VERDICT\n"
            "site   13 *     2023-11-14 22:13:20  drop by mallory  site.home site.plain  "
            "01234567 -  live as 13 14\n"
            "site   12       2023-07-22 04:26:40  files of root    a b c +1              "
            "- - - +1    refused, ended a worker\n"
            "    no database\n"
            "* serves now\n");
}

TEST_F(History, HasTheOtherAttemptsBelowTheLineOfARelease) {
  EXPECT_EQ(
      history_table(nlohmann::json::parse(R"([
  {"group":"site","number":2,"at":1700000060,"by":"rollback by root","serving":true,
   "files":[{"module":"home","build_id":"0123456789"}],
   "generations":[2,5],"verdict":"live","reason":"","ban":"",
   "attempts":[
    {"at":1700000000,"by":"drop by mallory","generation":2,"verdict":"live","reason":""},
    {"at":1700000060,"by":"rollback by root","generation":5,"verdict":"live","reason":""},
    {"at":1700000120,"by":"reload by eve","generation":0,"verdict":"refused","reason":"no"},
    {"at":1700000180,"by":"drop by eve","generation":0,"verdict":"unchanged","reason":""}]}])")),
      "GROUP  RELEASE  WHEN                 BY                MODULES  BUILD-IDS  VERDICT\n"
      "site   2 *      2023-11-14 22:14:20  rollback by root  home     01234567   live as 2 5\n"
      "    2023-11-14 22:13:20  drop by mallory: live as 2\n"
      "    2023-11-14 22:15:20  reload by eve: refused, no\n"
      "    2023-11-14 22:16:20  drop by eve: unchanged\n"
      "* serves now\n");
}

TEST_F(History, LeavesOutMostOfManyAttempts) {
  nlohmann::json release{{"group", "site"}, {"number", 2}, {"at", 0}, {"attempts", {}}};
  for (int i = 1; i <= 30; ++i) {
    release["attempts"].push_back({{"at", i}, {"by", "drop"}, {"verdict", "unchanged"}});
  }
  EXPECT_THAT(history_table(nlohmann::json::array({release})),
              ::testing::HasSubstr("    1970-01-01 00:00:01  drop: unchanged\n"
                                   "    (26 more with --json)\n"
                                   "    1970-01-01 00:00:28  drop: unchanged\n"
                                   "    1970-01-01 00:00:29  drop: unchanged\n"
                                   "    1970-01-01 00:00:30  drop: unchanged\n"));
}

TEST_F(History, LeavesCellsOfAnotherTypeEmpty) {
  EXPECT_EQ(
      history_table(nlohmann::json::parse(
          R"([{"group":7,"number":"x","at":"now","files":7,"generations":7,"serving":7},7])")),
      "GROUP  RELEASE  WHEN  BY  MODULES  BUILD-IDS  VERDICT\n"
      "       0\n"
      "       0\n");
}

TEST_F(History, AsksForOneGroupOrForAll) {
  container_answers(std::string("{\"releases\":[]}\n"));
  const auto [exit_code, out, err] = printed([&] { return history(run(), "site", false); });
  EXPECT_EQ(exit_code, 0);
  EXPECT_THAT(out, ::testing::HasSubstr("no release yet"));
  EXPECT_EQ(container_->question(), (nlohmann::json{{"ask", "history"}, {"group", "site"}}));
}

TEST_F(History, IsJsonForPrograms) {
  const nlohmann::json answer{{"releases", nlohmann::json::parse(kReleases)}};
  container_answers(answer.dump() + "\n");
  const auto [exit_code, out, err] = printed([&] { return history(run(), "", true); });
  EXPECT_EQ(exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(out), answer);
  EXPECT_EQ(container_->question(), (nlohmann::json{{"ask", "history"}}));
}

TEST_F(History, NeedsAContainerThatRunsAndKnowsIt) {
  EXPECT_THROW(history(run(), "", false), std::runtime_error);
  container_answers("{\"error\":\"\\\"ask\\\" is status, ready or reload\"}\n");
  EXPECT_THROW(history(run(), "", false), std::runtime_error);
}

}  // namespace
}  // namespace shoal::commands
