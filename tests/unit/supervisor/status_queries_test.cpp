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
  StatusOfADeployer() { queries_.deployer_started(4720); }

  void ask(control::Channel* deployer) {
    queries_.begin(
        workers_, [this](const status::Overview& overview) { overviews_.push_back(overview); },
        deployer);
  }
  void answer() {
    queries_.deployer_answered(status::DeployerStatus{.deployer = sample::deployer(),
                                                      .groups = {sample::group("site", 12)}});
  }
  void conclude() { queries_.conclude({}); }

  std::pair<control::Channel, control::Channel> channel_ = control::Channel::pair();
  WorkerProcesses workers_;
  StatusQueries queries_;
  std::vector<status::Overview> overviews_;
};

TEST_F(StatusOfADeployer, IsWaitedFor) {
  ask(&channel_.first);
  conclude();
  EXPECT_THAT(overviews_, SizeIs(0));
  answer();
  conclude();
  ASSERT_THAT(overviews_, SizeIs(1));
  EXPECT_TRUE(overviews_[0].deployer->answers);
  EXPECT_EQ(overviews_[0].groups[0].generation, "site/12");
}

TEST_F(StatusOfADeployer, IsAskedOnceAndAnswersAllQueries) {
  ask(&channel_.first);
  ask(&channel_.first);
  EXPECT_THAT(channel_.second.receive(), SizeIs(1));
  answer();
  conclude();
  EXPECT_THAT(overviews_, SizeIs(2));
  ask(&channel_.first);
  EXPECT_THAT(channel_.second.receive(), SizeIs(1));
}

TEST_F(StatusOfADeployer, IsTheLastKnownWhenItDied) {
  ask(&channel_.first);
  answer();
  conclude();
  ask(&channel_.first);
  queries_.deployer_exited();
  ask(nullptr);
  conclude();
  ASSERT_THAT(overviews_, SizeIs(3));
  EXPECT_FALSE(overviews_[1].deployer->answers);
  EXPECT_FALSE(overviews_[2].deployer->answers);
  EXPECT_EQ(overviews_[2].deployer->heard, overviews_[0].deployer->heard);
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
