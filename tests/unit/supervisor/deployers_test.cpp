#include "supervisor/deployers.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "supervisor/exit_status.hpp"

namespace shoal::supervisor {
namespace {

using nlohmann::json;
using State = DeployerProcess::State;
using ::testing::ElementsAre;

/// Two configurations; their deployers are real processes that wait to be ended.
class Turns : public ::testing::Test {
 protected:
  ~Turns() override {
    for (const auto& deployer : deployers_.all()) {
      ::kill(deployer.id, SIGKILL);
      ::waitpid(deployer.id, nullptr, 0);
    }
  }

  DeployerProcess& start(const Configuration& configuration) {
    if (deployers_.start(configuration)) {
      for (;;) ::pause();
    }
    return *deployers_.of(configuration.settings.get());
  }

  static Configuration new_configuration() {
    return {.settings = std::make_shared<const settings::Settings>(),
            .listeners = {},
            .health = nullptr,
            .handover = nullptr,
            .feed = releases::Feed::make(),
            .control_group = std::nullopt};
  }

  const Configuration current_ = new_configuration();
  const Configuration next_ = new_configuration();
  Deployers deployers_;
};

TEST_F(Turns, BelongToOneDeployerAtATime) {
  EXPECT_TRUE(deployers_.has_turn(current_));
  auto& old = start(current_);
  EXPECT_TRUE(deployers_.has_turn(current_));
  EXPECT_FALSE(deployers_.has_turn(next_));

  Deployers::release(old);
  EXPECT_FALSE(deployers_.has_turn(next_));
  Deployers::released(old);
  EXPECT_TRUE(deployers_.has_turn(next_));

  start(next_);
  EXPECT_FALSE(deployers_.has_turn(current_));
}

TEST_F(Turns, GoBackOnceTheDeployerOfARefusedConfigurationIsGone) {
  auto& old = start(current_);
  Deployers::release(old);
  Deployers::released(old);
  auto& refused = start(next_);
  Deployers::end(refused);
  EXPECT_FALSE(deployers_.has_turn(current_)) << "it may still write";
  EXPECT_EQ(deployers_.of(next_.settings.get()), nullptr);

  const pid_t id = refused.id;
  ::kill(id, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(id, &status, 0), id);
  ASSERT_TRUE(deployers_.take(id));
  EXPECT_TRUE(deployers_.has_turn(current_));
  deployers_.resume(old);
  EXPECT_EQ(old.state, State::kWorking);
}

TEST_F(Turns, AreTakenFromADeployerThatDoesNotReleaseThem) {
  auto& old = start(current_);
  const pid_t id = old.id;
  Deployers::release(old);
  old.kill_at = std::chrono::steady_clock::now();
  deployers_.kill_overdue();
  int status = 0;
  ASSERT_EQ(::waitpid(id, &status, 0), id);
  EXPECT_EQ(signal_of(status), SIGKILL);
  EXPECT_TRUE(old.overdue);
}

TEST_F(Turns, LeaveTheKnowledgeOfWhatIsUnservedBehind) {
  auto& first = start(current_);
  deployers_.set_unserved(first, {"pond"});
  const pid_t id = first.id;
  ::kill(id, SIGKILL);
  ::waitpid(id, nullptr, 0);
  deployers_.take(id);
  EXPECT_THAT(deployers_.unserved(current_.settings.get()), ElementsAre("pond"));
  start(current_);
  EXPECT_THAT(deployers_.unserved(current_.settings.get()), ElementsAre("pond"));
}

}  // namespace
}  // namespace shoal::supervisor
