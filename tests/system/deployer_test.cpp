// What the deployer promises: verdicts, decisions that outlive it, and workers that do not need it.
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <future>

#include "built.hpp"
#include "eventually.hpp"
#include "long_run.hpp"
#include "site.hpp"
#include "visitors.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Deployer : public Site {
 protected:
  explicit Deployer(SiteOptions options = {.sweep = "{ settle: 200ms, wait: 60s }"})
      : Site(std::move(options)) {}

  void SetUp() override {
    drop("1");
    start();
  }

  Outcome drop_and_wait(const std::string& version, const std::string& module) const {
    return shoal("drop " + std::string(built::kModules) + "/" + version + "/" + module +
                 ".so -c shoal.yaml");
  }

  pid_t next_deployer(pid_t after) const {
    EXPECT_TRUE(eventually([&] { return deployer() != 0 && deployer() != after; }));
    return deployer();
  }
};

TEST_F(Deployer, TellsWhatBecameOfADrop) {
  const Outcome live = drop_and_wait("2", "lone");
  EXPECT_EQ(live.exit_code, 0) << live.output;
  EXPECT_THAT(live.output, HasSubstr("lone: live, lone/2"));
  EXPECT_EQ(get("/lone").body, "lone 2\n");

  const Outcome unchanged = drop_and_wait("2", "lone");
  EXPECT_EQ(unchanged.exit_code, 0) << unchanged.output;
  EXPECT_THAT(unchanged.output, HasSubstr("lone: unchanged, lone/2"));

  const Outcome refused = drop_and_wait("throws_when_made", "lone");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("lone: refused: "));
  EXPECT_THAT(refused.output, HasSubstr("still serving lone/2"));
  EXPECT_EQ(get("/lone").body, "lone 2\n");
}

TEST_F(Deployer, GoesBackToAnEarlierReleaseUntilTheNextDropAlsoOverARestart) {
  ASSERT_EQ(drop_and_wait("2", "lone").exit_code, 0);
  const Outcome back = shoal("rollback lone -c shoal.yaml");
  EXPECT_EQ(back.exit_code, 0) << back.output;
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(stop_container(SIGTERM), 0);
  start_container();
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_THAT(shoal("history lone -c shoal.yaml").output, HasSubstr("rolled-back"));
  ASSERT_EQ(drop_and_wait("2", "lone").exit_code, 0)
      << "it is tried again when it is dropped again";
  EXPECT_EQ(get("/lone").body, "lone 2\n");
}

TEST_F(Deployer, KeepsARefusedDropFromEndingAGroupAtTheNextStart) {
  drop("throws_when_made", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  stop_container(SIGKILL);
  start_container();
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_GE(said("; goes back to release "), 1u);
}

TEST_F(Deployer, MayDieAtAnyMomentOfManyDrops) {
  Visitors visitors(port(), 4, {"/", "/about"}, check_page);
  const int rounds = test::repetitions(6, 200);
  for (int i = 0; i < rounds; ++i) {
    const std::string version = i % 2 == 0 ? "2" : "1";
    drop(version);
    const pid_t killed = deployer();
    std::this_thread::sleep_for(std::chrono::milliseconds(7 * (i % 20)));
    if (killed != 0) ::kill(killed, SIGKILL);
    next_deployer(killed);
    ASSERT_TRUE(eventually([&] { return version_of(get("/")) == version; })) << "round " << i;
  }
  visitors.wait_for_responses(20);
  expect_no_failure(visitors);
}

class DeployerThatDiesInTheMiddleOfADrop : public Deployer {
 protected:
  DeployerThatDiesInTheMiddleOfADrop() : Deployer({.sweep = "{ settle: 5s, wait: 60s }"}) {}
};

TEST_F(DeployerThatDiesInTheMiddleOfADrop, IsReplacedByOneThatWaitsForTheRestOfIt) {
  Visitors visitors(port(), 4, {"/", "/about"}, check_page);
  drop("2", {"site.layout.page"});
  const pid_t killed = deployer();
  ASSERT_EQ(::kill(killed, SIGKILL), 0);
  next_deployer(killed);
  ASSERT_TRUE(eventually([&] { return said("by inotify") == 2; }));
  drop("2");
  EXPECT_EQ(version_of(get("/")), "2");
  EXPECT_EQ(said("drop refused"), 0u);
  expect_no_failure(visitors);
}

/// The constructor of the dropped module waits in the probe, until the deployer is killed.
class DeployerThatDiesOverADrop : public Deployer {
 protected:
  DeployerThatDiesOverADrop()
      : Deployer({.sweep = "{ settle: 50ms, wait: 1s }",
                  .modules = "{ lone: { meet: $HERE/meeting } }"}) {}

  void kill_deployer() {
    const pid_t killed = deployer();
    ASSERT_EQ(::kill(killed, SIGKILL), 0);
    next_deployer(killed);
  }

  /// Kills the deployer as soon as a probe of its makes the module.
  void kill_while_it_works() {
    expect_waiting();
    fs::remove(here() / "meeting.reached");
    kill_deployer();
  }

  void drop_and_kill_twice() {
    drop("slow_to_make", {"lone"});
    kill_while_it_works();
    kill_while_it_works();
    EXPECT_TRUE(eventually([&] { return said(kRefusal) == 1; }));
    EXPECT_THAT(first_refusal(), HasSubstr(file("lone").native() + kRefusal));
    EXPECT_THAT(first_refusal(), HasSubstr("; still serving lone/1"));
  }

  void expect_not_tried() {
    EXPECT_EQ(get("/lone").body, "lone 1\n");
    EXPECT_FALSE(fs::exists(here() / "meeting.reached"));
  }

  static constexpr const char* kRefusal = ": the deployer died while it read this file";
};

TEST_F(DeployerThatDiesOverADrop, TwiceRefusesItUntilItsFilesChange) {
  drop_and_kill_twice();
  EXPECT_THAT(shoal("status -c shoal.yaml").output, HasSubstr(kRefusal));
  expect_not_tried();
  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
}

TEST_F(DeployerThatDiesOverADrop, DoesNotTryItAgainAfterItsOwnDeathOrARestart) {
  drop_and_kill_twice();
  kill_deployer();
  expect_not_tried();
  stop_container(SIGTERM);
  start_container();
  expect_not_tried();
  shell("touch $APPS/lone.so");
  expect_waiting();
  let_go_on();
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone late\n"; }));
}

class StoppedDeployer : public Deployer {
 protected:
  StoppedDeployer() : Deployer({.sweep = "{ settle: 50ms, wait: 2s }"}) {}
};

TEST_F(StoppedDeployer, DelaysEachRequestOnceAndGoesOnWhenItIsContinued) {
  const pid_t stopped = deployer();
  ASSERT_EQ(::kill(stopped, SIGSTOP), 0);
  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 1\n") << "the last good generation, after sweep.wait";
  for (int i = 0; i < 50; ++i) EXPECT_EQ(get("/lone").body, "lone 1\n");
  ASSERT_EQ(::kill(stopped, SIGCONT), 0);
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
}

TEST_F(StoppedDeployer, IsNamedWithTheRemedyByWhatWaitsForIt) {
  const pid_t stopped = deployer();
  const std::string id = std::to_string(stopped);
  ASSERT_EQ(::kill(stopped, SIGSTOP), 0);
  const auto silent =
      AllOf(HasSubstr("the deployer (process " + id + ") has not answered since "),
            HasSubstr("gdb -p " + id), HasSubstr("kill -KILL " + id), Not(HasSubstr("supervisor")));
  for (const char* command : {"rollback lone --wait 5s", "reload lone --wait 5s"}) {
    const Outcome outcome = shoal(std::string(command) + " -c shoal.yaml");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.output, silent) << command;
  }
  const Outcome history = shoal("history -c shoal.yaml");
  EXPECT_EQ(history.exit_code, 1);
  EXPECT_THAT(history.output, silent);
  const Outcome status = shoal("status -c shoal.yaml");
  EXPECT_EQ(status.exit_code, 1);
  EXPECT_THAT(status.output, AllOf(HasSubstr("the deployer does not answer"), HasSubstr(id)));
  ASSERT_EQ(::kill(stopped, SIGCONT), 0);
  EXPECT_TRUE(eventually([&] { return shoal("status -c shoal.yaml").exit_code == 0; }));
}

TEST_F(StoppedDeployer, IsNotSoughtInStatusWhereItHasJustDied) {
  for (int i = 0; i < 3; ++i) {
    const pid_t killed = deployer();
    ASSERT_EQ(::kill(killed, SIGKILL), 0);
    const Outcome status = shoal("status -c shoal.yaml");
    EXPECT_EQ(status.exit_code, 1 - (status.output.find("crashed") == std::string::npos))
        << status.output;
    EXPECT_THAT(status.output, Not(HasSubstr("kill -KILL")));
    next_deployer(killed);
  }
}

TEST_F(StoppedDeployer, AnswersForItsStatusAfterARefusedReload) {
  write_configuration();
  shell("sed -i 's/^apps: .*/apps: nowhere/' $HERE/shoal.yaml");
  for (int i = 0; i < 3; ++i) {
    auto status = std::async(std::launch::async, [this] {
      for (int j = 0; j < 5; ++j) shoal("status -c shoal.yaml");
    });
    EXPECT_EQ(shoal("reload -c shoal.yaml").exit_code, 1);
    status.wait();
  }
  EXPECT_THAT(shoal("status -c shoal.yaml").output, Not(HasSubstr("does not answer")));
  const Outcome none = shoal("reload '' -c shoal.yaml");
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.output, HasSubstr("the name of the group is empty; write one that"));
}

TEST_F(StoppedDeployer, SaysInStatusThatTheAppsFolderIsGone) {
  shell("mv $APPS $HERE/elsewhere");
  EXPECT_TRUE(eventually([&] {
    const Outcome status = shoal("status -c shoal.yaml");
    return status.exit_code == 1 &&
           status.output.find("the apps folder cannot be read") != std::string::npos;
  }));
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  shell("mv $HERE/elsewhere $APPS");
  EXPECT_TRUE(eventually([&] { return shoal("status -c shoal.yaml").exit_code == 0; }));
}

class DeployerOfTwo : public Deployer {
 protected:
  DeployerOfTwo()
      : Deployer({.workers = "{ processes: 2, threads: 4, grace: 60s }",
                  .sweep = "{ settle: 50ms, wait: 60s }"}) {}

  unsigned serving(const std::string& label) const {
    const std::string log = this->log();
    unsigned times = 0;
    for (auto at = log.find(label + ": published"); at != std::string::npos;
         at = log.find(label + ": published", at + 1)) {
      ++times;
    }
    return times;
  }
};

TEST_F(DeployerOfTwo, PutsADropIntoAllWorkersWithoutARequest) {
  drop("2", {"lone"});
  EXPECT_TRUE(eventually([&] { return serving("lone/2") == 2; }));
}

TEST_F(DeployerOfTwo, KeepsOneStageForAllWorkers) {
  unsigned stages = 0;
  for (const auto& entry : fs::directory_iterator(here() / "run/stages")) {
    stages += entry.path().filename().native().starts_with("lone.");
  }
  EXPECT_EQ(stages, 1u);
}

}  // namespace
}  // namespace shoal::system
