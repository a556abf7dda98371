#include "supervisor/relay.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "control/messages.hpp"
#include "releases/deployer/messages.hpp"

namespace shoal::supervisor {
namespace {

namespace message = control::message;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Two configurations, each with a deployer and workers that are only the ends of their channels.
class Relaying : public ::testing::Test {
 protected:
  using Settings = std::shared_ptr<const settings::Settings>;

  control::Channel add_worker(pid_t id, const Settings& settings) {
    auto [here, there] = control::Channel::pair();
    workers_.all().push_back({id, std::move(here), settings, std::chrono::steady_clock::now()});
    return std::move(there);
  }

  control::Channel add_deployer(pid_t id, const Settings& settings) {
    auto [here, there] = control::Channel::pair();
    deployers_.all().push_back(
        {id, std::move(here), settings, std::chrono::steady_clock::now(), 1});
    return std::move(there);
  }

  WorkerProcess& worker(pid_t id) {
    return *std::ranges::find(workers_.all(), id, &WorkerProcess::id);
  }

  const Settings current_ = std::make_shared<const settings::Settings>();
  const Settings next_ = std::make_shared<const settings::Settings>();
  WorkerProcesses workers_;
  Deployers deployers_;
  const Relay relay_{workers_, deployers_};
};

const json kOpened{{"say", "opened"}, {"group", "pond"}, {"number", 3}};
const json kOpen{{"say", "open"}, {"group", "pond"}, {"number", 3}};

TEST_F(Relaying, PassesWordsOfAWorkerToTheDeployerOfItsConfiguration) {
  auto of_current = add_deployer(1, current_);
  auto of_next = add_deployer(2, next_);
  add_worker(11, next_);
  EXPECT_TRUE(relay_.from_worker(worker(11), kOpened));
  EXPECT_THAT(of_current.receive(), IsEmpty());
  EXPECT_THAT(of_next.receive(),
              ElementsAre(json{{"say", "from"}, {"worker", 11}, {"message", kOpened}}));
}

TEST_F(Relaying, LeavesWordsForTheSupervisorToIt) {
  auto deployer = add_deployer(1, current_);
  add_worker(11, current_);
  for (const char* said :
       {message::kReady, message::kFailed, message::kReplace, message::kStatus}) {
    EXPECT_FALSE(relay_.from_worker(worker(11), {{"say", said}}));
  }
  EXPECT_THAT(deployer.receive(), IsEmpty());
}

TEST_F(Relaying, PassesWordsOfTheDeployerToOneWorkerOrToAllOfItsConfiguration) {
  add_deployer(1, current_);
  auto first = add_worker(11, current_);
  auto second = add_worker(12, current_);
  auto other = add_worker(13, next_);
  const auto& deployer = *deployers_.of(current_.get());
  relay_.from_deployer(deployer, {{"say", "to"}, {"worker", 12u}, {"message", kOpen}});
  EXPECT_THAT(first.receive(), IsEmpty());
  EXPECT_THAT(second.receive(), ElementsAre(kOpen));

  relay_.from_deployer(deployer, {{"say", "to"}, {"message", kOpen}});
  EXPECT_THAT(first.receive(), ElementsAre(kOpen));
  EXPECT_THAT(second.receive(), ElementsAre(kOpen));
  EXPECT_THAT(other.receive(), IsEmpty());
}

TEST_F(Relaying, TellsANewDeployerOfTheWorkersThatThereAre) {
  add_worker(11, current_);
  add_worker(12, current_);
  add_worker(13, next_);
  worker(12).state = WorkerProcess::State::kDraining;
  EXPECT_TRUE(relay_.from_worker(worker(11), {{"say", "join"}}));  // lost: there is no deployer yet
  auto deployer = add_deployer(1, current_);
  relay_.introduce(*deployers_.of(current_.get()));
  EXPECT_THAT(deployer.receive(), ElementsAre(json{{"say", "worker"}, {"worker", 11}},
                                              json{{"say", "worker"}, {"worker", 12}},
                                              json{{"say", "left"}, {"worker", 12}}));
}

TEST_F(Relaying, TellsHowAWorkerEnded) {
  auto deployer = add_deployer(1, current_);
  add_worker(11, current_);
  const auto exited = workers_.take(11, SIGSEGV);
  relay_.exited(*exited, {.generation = "pond/3", .reported = true, .summary = "in pond.fish"});
  EXPECT_THAT(deployer.receive(), ElementsAre(json{{"say", "exited"},
                                                   {"worker", 11},
                                                   {"how", "was ended by Segmentation fault"},
                                                   {"signal", SIGSEGV},
                                                   {"generation", "pond/3"},
                                                   {"reported", true},
                                                   {"summary", "in pond.fish"}}));
}

TEST_F(Relaying, IsNotHeldUpByAWorkerThatIsStopped) {
  add_deployer(1, current_);
  auto stopped = add_worker(11, current_);
  auto reading = add_worker(12, current_);
  const json large{{"say", "open"}, {"text", std::string(1 << 20, 'x')}};
  relay_.from_deployer(*deployers_.of(current_.get()), {{"say", "to"}, {"message", large}});
  EXPECT_TRUE(worker(11).channel.has_unsent());
  EXPECT_FALSE(worker(11).channel.closed());
}

}  // namespace
}  // namespace shoal::supervisor
