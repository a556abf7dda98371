#include "status/health.hpp"

#include <gmock/gmock.h>

#include "sample.hpp"

namespace shoal::status {
namespace {

using sample::kNow;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<std::string> titles_of(const Overview& overview) {
  std::vector<std::string> titles;
  for (const Finding& finding : health_of(overview).findings) titles.push_back(finding.title);
  return titles;
}

TEST(Health, IsGoodWithoutFindings) {
  const Health health = health_of(sample::healthy());
  EXPECT_EQ(health.level, Level::kGood);
  EXPECT_EQ(health.headline, "all 3 groups are healthy");
  EXPECT_THAT(health.findings, IsEmpty());
}

TEST(Health, HasTheWorstFindingFirst) {
  const Health health = health_of(sample::troubled());
  EXPECT_EQ(health.level, Level::kBroken);
  EXPECT_EQ(health.headline, "shop serves nothing");
  EXPECT_EQ(health.findings[0].detail, "apps/shop/cart.so: no database");
  EXPECT_THAT(titles_of(sample::troubled()),
              ElementsAre("shop serves nothing", "only 1 of 4 worker processes serves",
                          "aquarium/13 is withdrawn: it crashed 3 worker processes",
                          "the last drop into guestbook was refused",
                          "a drop into hello cannot be loaded now",
                          "the last change of the configuration was refused",
                          "GET /report/annual?year=2023 has been running for 95 s",
                          "processes serve different generations of aquarium",
                          "guestbook/0 is retired but still mapped in 2 processes",
                          "1 worker process crashed within the last hour"));
}

TEST(Health, IsBrokenWhenNoProcessServes) {
  Overview overview = sample::healthy();
  for (Worker& worker : overview.workers) worker.state = Worker::State::kStarting;
  EXPECT_EQ(health_of(overview).headline, "no worker process serves");
  EXPECT_EQ(health_of(overview).findings[0].detail, "2 processes starting");
  EXPECT_EQ(health_of(overview).level, Level::kBroken);
}

TEST(Health, IsBrokenWhenNothingServesInsteadOfAQuarantinedGroup) {
  Overview overview = sample::healthy();
  overview.groups[1].generation.clear();
  overview.groups[1].quarantine = Quarantine{.generation = "guestbook/1", .crashes = 3};
  EXPECT_THAT(titles_of(overview),
              ElementsAre("guestbook/1 is withdrawn: it crashed 3 worker processes"));
  EXPECT_EQ(health_of(overview).level, Level::kBroken);
  EXPECT_THAT(health_of(overview).findings[0].detail, HasSubstr("nothing serves instead"));
}

TEST(Health, WarnsWhenAllThreadsAreBusy) {
  Overview overview = sample::healthy();
  for (Worker& worker : overview.workers) {
    for (Thread& thread : worker.threads) thread = sample::handling(thread.number, 1);
  }
  EXPECT_THAT(titles_of(overview), ElementsAre("all 8 threads are busy"));
  overview.workers[0].threads[0] = sample::idle(0);
  EXPECT_THAT(titles_of(overview), IsEmpty());
}

TEST(Health, IsGoodWhileFurtherThreadsMayStart) {
  Overview overview = sample::healthy();
  for (Worker& worker : overview.workers) worker.threads = {sample::handling(0, 1)};
  EXPECT_THAT(titles_of(overview), IsEmpty());
}

TEST(Health, WarnsWhenRequestsWaitBecauseAllThreadsOfTheirProcessAreBusy) {
  Overview overview = sample::healthy();
  overview.workers[0].waiting = 2;
  EXPECT_THAT(titles_of(overview), IsEmpty()) << "they wait for their route only";
  for (Thread& thread : overview.workers[0].threads) thread = sample::handling(thread.number, 1);
  EXPECT_THAT(titles_of(overview), ElementsAre("2 requests wait for a thread"));
  EXPECT_EQ(health_of(overview).level, Level::kWarning);
  overview.workers[0].waiting = 1;
  EXPECT_THAT(titles_of(overview), ElementsAre("1 request waits for a thread"));
}

TEST(Health, NotesThatAProcessCutOffAnswers) {
  Overview overview = sample::healthy();
  overview.workers[1].last_answer_cut = kNow - kRecent + 1;
  EXPECT_THAT(titles_of(overview), ElementsAre("process 4713 cut off 5 answers"));
  EXPECT_TRUE(health_of(overview).findings[0].past);
  overview.workers[1].last_answer_cut = kNow - 1;
  EXPECT_FALSE(health_of(overview).findings[0].past);
  EXPECT_EQ(health_of(overview).level, Level::kGood) << "a visitor can cause it";
  overview.workers[1].last_answer_cut = kNow - kRecent - 1;
  EXPECT_THAT(titles_of(overview), IsEmpty());
}

TEST(Health, WarnsWhenAProcessRanOutOfDescriptors) {
  Overview overview = sample::healthy();
  overview.workers[1].accept_pauses = 3;
  overview.workers[1].last_accept_pause = kNow - kRecent + 1;
  EXPECT_THAT(titles_of(overview), ElementsAre("process 4713 ran out of file descriptors"));
  EXPECT_THAT(health_of(overview).findings[0].detail, HasSubstr("had to wait 3 times; raise"));
  EXPECT_EQ(health_of(overview).level, Level::kGood) << "it is over";
  overview.workers[1].last_accept_pause = kNow - 1;
  EXPECT_EQ(health_of(overview).level, Level::kWarning);
  overview.workers[1].last_accept_pause = kNow - kRecent - 1;
  EXPECT_THAT(titles_of(overview), IsEmpty());
}

TEST(Health, WarnsWhenThereIsNoModule) {
  Overview overview = sample::healthy();
  overview.groups.clear();
  EXPECT_EQ(health_of(overview).level, Level::kWarning);
}

TEST(Health, CountsEveryCrashOfTheLastHour) {
  Overview overview = sample::healthy();
  overview.crashed = 50;
  overview.crashed_recently = 42;
  overview.crashes = {{.at = kNow - 20, .count = 42, .pid = 5, .signal = "SIGBUS"}};
  EXPECT_THAT(titles_of(overview), ElementsAre("42 worker processes crashed within the last hour"));
  EXPECT_EQ(health_of(overview).findings[0].level, Level::kWarning);
  overview.crashed_recently = 0;
  EXPECT_THAT(titles_of(overview), IsEmpty());
}

TEST(Health, IsGoodWhenAllFindingsArePast) {
  Overview overview = sample::healthy();
  overview.crashed_recently = 3;
  overview.crashes = {{.at = kNow - 20, .count = 3, .pid = 5, .signal = "SIGBUS"}};
  overview.reloads = {.count = 3, .refused = 1, .last = kNow - 60, .refused_at = kNow - 90};
  const Health health = health_of(overview);
  EXPECT_EQ(health.level, Level::kGood);
  EXPECT_EQ(health.headline, "all 3 groups are healthy");
  EXPECT_THAT(titles_of(overview), ElementsAre("3 worker processes crashed within the last hour",
                                               "a change of the configuration was refused"));
  for (const Finding& finding : health.findings) EXPECT_TRUE(finding.past) << finding.title;
}

TEST(Health, WarnsWhileTheConfigurationIsRefused) {
  Overview overview = sample::healthy();
  overview.reloads = {.refused = 1, .last = kNow, .refused_at = kNow, .errors = {"run: missing"}};
  EXPECT_EQ(health_of(overview).level, Level::kWarning);
  EXPECT_FALSE(health_of(overview).findings.front().past);
}

TEST(Health, HasPastFindingsLast) {
  Overview overview = sample::healthy();
  overview.crashed_recently = 3;
  overview.crashes = {{.at = kNow - 20, .count = 3, .pid = 5, .signal = "SIGBUS"}};
  overview.groups[0].lingering = {{.generation = "aquarium/11", .holder = "a thread"}};
  EXPECT_FALSE(health_of(overview).findings.front().past);
  EXPECT_TRUE(health_of(overview).findings.back().past);
}

TEST(Health, IsGoodWithNotes) {
  Overview overview = sample::healthy();
  overview.groups[0].lingering = {{.generation = "aquarium/11", .holder = "a thread"}};
  const Health health = health_of(overview);
  EXPECT_EQ(health.level, Level::kGood);
  EXPECT_EQ(health.headline, "all 3 groups are healthy");
  EXPECT_THAT(titles_of(overview),
              ElementsAre("aquarium/11 is retired but still mapped in 1 process"));
}

TEST(Health, NotesThatProcessesHaveToFollowWhatIsDecided) {
  Overview overview = sample::healthy();
  overview.groups[0].disagree = {{.pid = 4712, .generation = "aquarium/11"},
                                 {.pid = 4713, .generation = "aquarium/11"}};
  EXPECT_THAT(titles_of(overview), ElementsAre("no process serves aquarium/12 yet"));
  EXPECT_EQ(health_of(overview).level, Level::kGood);
  overview.groups[0].disagree[0].generation = "aquarium/12";
  EXPECT_THAT(titles_of(overview),
              ElementsAre("processes serve different generations of aquarium"));
}

TEST(Health, WarnsWhenTheDeployerDoesNotAnswer) {
  Overview overview = sample::healthy();
  overview.deployer->answers = false;
  overview.deployer->since = kNow - 12;
  const Health health = health_of(overview);
  EXPECT_EQ(health.level, Level::kWarning);
  EXPECT_EQ(health.headline, "the deployer does not answer; no drop is taken up");
  EXPECT_THAT(health.findings[0].detail,
              AllOf(HasSubstr("gdb -p 4720"), HasSubstr("kill -KILL 4720")));
  EXPECT_EQ(health.findings[0].since, kNow - 12);
  overview.state = Overview::State::kStopping;
  EXPECT_THAT(titles_of(overview), ElementsAre("the container is stopping"));
  overview = sample::healthy();
  overview.deployer.reset();
  EXPECT_THAT(titles_of(overview), IsEmpty()) << "none was started yet";
}

TEST(Health, NotesADeployerThatStartsOrEndsAndWarnsOnceThatTakesLong) {
  for (const auto state : {Deployer::State::kStarting, Deployer::State::kEnded}) {
    Overview overview = sample::healthy();
    overview.deployer->answers = false;
    overview.deployer->state = state;
    overview.deployer->since = kNow - 1;
    Health health = health_of(overview);
    EXPECT_EQ(health.level, Level::kGood);
    ASSERT_THAT(health.findings, SizeIs(1));
    EXPECT_THAT(health.findings[0].detail, Not(HasSubstr("kill")));
    overview.deployer->since = kNow - 60;
    health = health_of(overview);
    EXPECT_EQ(health.level, Level::kWarning);
    EXPECT_THAT(health.headline, HasSubstr("; no drop is taken up"));
    EXPECT_THAT(health.findings[0].detail, Not(HasSubstr("kill")));
  }
}

TEST(Health, WarnsWhenTheAppsFolderCannotBeRead) {
  Overview overview = sample::healthy();
  overview.deployer->unreadable = "/srv/apps: cannot be read: No such file or directory";
  const Health health = health_of(overview);
  EXPECT_EQ(health.level, Level::kWarning);
  EXPECT_EQ(health.headline, "the apps folder cannot be read; no drop is taken up");
  EXPECT_THAT(health.findings[0].detail, HasSubstr("/srv/apps: "));
}

TEST(Health, WarnsOfADropThatWaitsForTheMachine) {
  Overview overview = sample::healthy();
  overview.groups[0].hindrance = {"run/stages: No space left on device", kNow - 30};
  Health health = health_of(overview);
  EXPECT_EQ(health.level, Level::kWarning);
  EXPECT_EQ(health.headline, "a drop into aquarium cannot be loaded now");
  EXPECT_EQ(health.findings[0].detail, "run/stages: No space left on device");
  EXPECT_EQ(health.findings[0].since, kNow - 30);
  EXPECT_EQ(condition_of(overview.groups[0]).words, "drop waits");
  overview.groups[0].generation = "";
  health = health_of(overview);
  EXPECT_EQ(health.level, Level::kBroken);
  EXPECT_EQ(health.findings[0].detail, "run/stages: No space left on device");
}

TEST(Health, IgnoresExitedWorkersWhileStopping) {
  Overview overview = sample::healthy();
  overview.state = Overview::State::kStopping;
  overview.workers.clear();
  EXPECT_THAT(titles_of(overview), ElementsAre("the container is stopping"));
}

TEST(Health, OfAGroupIsAConditionOfFewWords) {
  const Overview overview = sample::troubled();
  EXPECT_EQ(condition_of(overview.groups[0]).words, "in quarantine");
  EXPECT_EQ(condition_of(overview.groups[1]).words, "drop refused");
  EXPECT_EQ(condition_of(overview.groups[1]).level, Level::kWarning);
  EXPECT_EQ(condition_of(overview.groups[2]).words, "drop waits");
  EXPECT_EQ(condition_of(overview.groups[3]).words, "nothing loaded");
  EXPECT_EQ(condition_of(overview.groups[3]).level, Level::kBroken);
}

}  // namespace
}  // namespace shoal::status
