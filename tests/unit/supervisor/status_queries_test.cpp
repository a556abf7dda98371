#include "supervisor/status_queries.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "status/json.hpp"
#include "unit/status/sample.hpp"

namespace shoal::supervisor {
namespace {

namespace sample = status::sample;
using ::testing::SizeIs;

/// Queries of a supervisor with a deployer and without workers.
class StatusOfADeployer : public testing::Test {
 protected:
  StatusOfADeployer() { known_.deployer = {.pid = 4720}; }

  void ask(DeployerProcess* deployer) {
    queries_.begin(
        workers_, [this](const status::Overview& overview) { overviews_.push_back(overview); },
        deployer);
  }
  void answer() {
    process_.pulse.answered(Pulse::Asked::kStatus);
    queries_.deployer_answered(status::DeployerStatus{.deployer = sample::deployer(),
                                                      .groups = {sample::group("site", 12)}});
  }
  void conclude() { queries_.conclude(known_); }

  /// The supervisor knows this of the deployer, which does not answer.
  void know(status::Deployer::State state, status::Time since) {
    known_.deployer->state = state;
    known_.deployer->since = since;
  }

  std::pair<control::Channel, control::Channel> channel_ = control::Channel::pair();
  DeployerProcess process_{4720, std::move(channel_.first), nullptr, {}, 1};
  status::Overview known_;
  WorkerProcesses workers_;
  StatusQueries queries_;
  std::vector<status::Overview> overviews_;
};

TEST_F(StatusOfADeployer, IsWaitedFor) {
  ask(&process_);
  conclude();
  EXPECT_THAT(overviews_, SizeIs(0));
  answer();
  conclude();
  ASSERT_THAT(overviews_, SizeIs(1));
  EXPECT_TRUE(overviews_[0].deployer->answers);
  EXPECT_EQ(overviews_[0].groups[0].generation, "site/12");
}

TEST_F(StatusOfADeployer, IsAskedOnceAndAnswersAllQueries) {
  ask(&process_);
  ask(&process_);
  EXPECT_THAT(channel_.second.receive(), SizeIs(1));
  answer();
  conclude();
  EXPECT_THAT(overviews_, SizeIs(2));
  ask(&process_);
  EXPECT_THAT(channel_.second.receive(), SizeIs(1));
}

TEST_F(StatusOfADeployer, IsTheLastKnownWhenItDied) {
  ask(&process_);
  answer();
  conclude();
  ask(&process_);
  queries_.deployer_exited();
  know(status::Deployer::State::kEnded, status::now());
  ask(nullptr);
  conclude();
  ASSERT_THAT(overviews_, SizeIs(3));
  EXPECT_FALSE(overviews_[1].deployer->answers);
  EXPECT_FALSE(overviews_[2].deployer->answers);
  EXPECT_EQ(overviews_[2].deployer->heard, overviews_[0].deployer->heard);
}

TEST_F(StatusOfADeployer, IsTheLastKnownWhileItHasNoHistory) {
  ask(&process_);
  answer();
  conclude();
  ask(&process_);
  process_.pulse.answered(Pulse::Asked::kStatus);
  queries_.deployer_answered(nullptr);
  conclude();
  ASSERT_THAT(overviews_, SizeIs(2));
  EXPECT_TRUE(overviews_[1].deployer->answers);
  EXPECT_EQ(overviews_[1].groups[0].generation, "site/12");
}

TEST_F(StatusOfADeployer, SaysSinceWhenItIsSilentOrDoesNotWork) {
  for (const auto state : {status::Deployer::State::kWorking, status::Deployer::State::kStarting}) {
    know(state, 17);
    ask(nullptr);
    conclude();
    ASSERT_FALSE(overviews_.empty());
    EXPECT_FALSE(overviews_.back().deployer->answers);
    EXPECT_EQ(overviews_.back().deployer->state, state);
    EXPECT_EQ(overviews_.back().deployer->since, 17);
  }
}

TEST_F(StatusOfADeployer, IsDueInTheBoundsOfTheClockWhenAllHaveAnswered) {
  EXPECT_EQ(queries_.deadline(), std::chrono::steady_clock::time_point::max());
  ask(&process_);
  EXPECT_GT(queries_.deadline(), std::chrono::steady_clock::now());
  answer();
  EXPECT_LT(queries_.deadline() - std::chrono::steady_clock::now(), std::chrono::seconds(0));
}

TEST(APulse, IsSilentOnceAnAnswerIsLateAndNotBefore) {
  const auto begin = Pulse::Clock::now();
  Pulse pulse;
  EXPECT_FALSE(pulse.is_silent(begin + std::chrono::hours(1))) << "it was not asked";
  EXPECT_TRUE(pulse.ask(Pulse::Asked::kSign, begin));
  EXPECT_FALSE(pulse.ask(Pulse::Asked::kSign, begin)) << "once is enough";
  EXPECT_TRUE(pulse.ask(Pulse::Asked::kStatus, begin + std::chrono::seconds(1)));
  EXPECT_FALSE(pulse.is_silent(begin + std::chrono::seconds(1)));
  EXPECT_TRUE(pulse.is_silent(begin + control::kSilence));
  pulse.answered(Pulse::Asked::kSign, begin + std::chrono::seconds(60));
  EXPECT_FALSE(pulse.is_silent(begin + std::chrono::seconds(61)));
  EXPECT_TRUE(pulse.is_silent(begin + std::chrono::seconds(60) + control::kSilence));
  pulse.answered(Pulse::Asked::kStatus, begin + std::chrono::seconds(70));
  EXPECT_FALSE(pulse.is_silent(begin + std::chrono::hours(1)));
}

TEST_F(StatusOfADeployer, HasTheCountersOfProcessesThatAreGone) {
  const unsigned slot = workers_.counters()->claim();
  workers_.counters()->count(slot, true);
  workers_.counters()->release(slot);
  ask(nullptr);
  conclude();
  ASSERT_THAT(overviews_, SizeIs(1));
  EXPECT_EQ(overviews_[0].requests, 1u);
  EXPECT_EQ(overviews_[0].errors, 1u);
}

}  // namespace
}  // namespace shoal::supervisor
