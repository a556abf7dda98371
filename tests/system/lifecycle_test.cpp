#include <gmock/gmock.h>
#include <signal.h>

#include "built.hpp"
#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class Lifecycle : public Site {
 protected:
  explicit Lifecycle(SiteOptions options = {}) : Site(std::move(options)) {}

  void SetUp() override {
    drop("1");
    drop("plain");
  }
};

TEST_F(Lifecycle, LogsAtTheStartWhatItListensOnServesAndRefuses) {
  shell("echo torn > $APPS/broken.so; ln -s nowhere $APPS/lost.so");
  start_container();
  EXPECT_EQ(said("listening on unix:" + socket().native() + "\n"), 1u);
  EXPECT_EQ(said("serving site/1: site.layout.page site.screen.about site.screen.index "
                 "site.screen.patient site.widget.menu\n"),
            1u);
  EXPECT_EQ(said("serving lone/1: lone\n"), 1u);
  EXPECT_THAT(log(), ContainsRegex("broken: drop refused: .*broken.so: not a shared object"));
  EXPECT_THAT(log(),
              HasSubstr("not serving broken: " + file("broken").native() + ": not a shared"));
  EXPECT_THAT(log(),
              HasSubstr("lost.so: passed over: a symbolic link to a file that does not exist"));
  EXPECT_THAT(log(), ContainsRegex("shoal.yaml:[0-9]+: routes./late: no module late"));
  EXPECT_THAT(log(), HasSubstr("watching " + file("lone").parent_path().native() + " by inotify"));
  EXPECT_EQ(said("ready: 1 process, up to 8 threads\n"), 1u);
}

class Stopping : public Lifecycle, public ::testing::WithParamInterface<int> {};

TEST_P(Stopping, FinishesTheRunningRequestAndAcceptsNoMore) {
  start();
  auto answer = begin_request();
  container().send(GetParam());
  ASSERT_TRUE(eventually([&] { return said("stopping: ") == 1; }));
  EXPECT_TRUE(eventually([&] { return get("/lone").status == 502; }))
      << "no more requests are accepted";
  let_go_on();
  EXPECT_EQ(answer.get().body, "slow, but whole\n");
  EXPECT_EQ(container().wait(), 0);
  EXPECT_FALSE(fs::exists(socket()));
  EXPECT_FALSE(fs::exists(here() / "run" / "shoal.pid"));
  EXPECT_EQ(stage_folders(), 5u) << "of what serves; the next start removes them";
}

INSTANTIATE_TEST_SUITE_P(, Stopping, ::testing::Values(SIGTERM, SIGINT, SIGQUIT),
                         [](const auto& each) { return std::string(::sigabbrev_np(each.param)); });

class StoppingWithoutGrace : public Lifecycle {
 protected:
  StoppingWithoutGrace() : Lifecycle({.workers = "{ threads: 4, grace: 100ms }"}) {}
};

TEST_F(StoppingWithoutGrace, AbortsRunningRequestsAndLogsThat) {
  start();
  auto answer = begin_request();
  EXPECT_EQ(stop_container(SIGTERM), 0);
  EXPECT_EQ(said("requests still run after workers.grace (100 ms)"), 1u);
  EXPECT_EQ(answer.get().status, 502);
}

class StoppingWhileAConstructorRuns : public Lifecycle {
 protected:
  StoppingWhileAConstructorRuns()
      : Lifecycle({.workers = "{ threads: 4, grace: 100ms }",
                   .sweep = "{ settle: 500ms, wait: 60s, probe: false }",  // else the probe waits
                   .modules = "{ lone: { meet: $HERE/meeting } }"}) {}
};

TEST_F(StoppingWhileAConstructorRuns, DoesNotWaitForIt) {
  start();
  drop("slow_to_make", {"lone"});
  EXPECT_EQ(get("/answers/throws").status, 500);  // sweeps, and does not wait for the other group
  expect_waiting();
  EXPECT_EQ(stop_container(SIGTERM), 0);
  EXPECT_EQ(said("modules are still being destroyed after workers.grace"), 1u);
}

class KilledWhileAConstructorRuns : public Lifecycle {
 protected:
  KilledWhileAConstructorRuns()
      : Lifecycle({.workers = "{ threads: 4, grace: 60s }",
                   .sweep = "{ settle: 500ms, wait: 60s, probe: false }",  // else the probe waits
                   .modules = "{ lone: { meet: $HERE/meeting } }"}) {}

  /// The worker must not keep the run folder from the next container until workers.grace is over.
  void expect_the_end_of_the_worker_and_start_again() {
    EXPECT_TRUE(eventually([&] {
      return said("the supervisor is gone while modules are still being made or destroyed") == 1;
    })) << log();
    let_go_on();
    start_container();
  }
};

TEST_F(KilledWhileAConstructorRuns, EndsItsWorkerThatHasNotServedYet) {
  drop("slow_to_make", {"lone"});
  write_configuration();
  Process killed({built::kContainer, "serve", "-c", here() / "shoal.yaml"}, here() / "shoal.log");
  expect_waiting();
  killed.send(SIGKILL);
  expect_the_end_of_the_worker_and_start_again();
}

TEST_F(KilledWhileAConstructorRuns, EndsItsWorkerThatServesNoMore) {
  start_container();
  drop("slow_to_make", {"lone"});
  expect_waiting();
  container().send(SIGTERM);
  ASSERT_TRUE(eventually([&] { return said("stopping: ") == 1; }));
  EXPECT_EQ(stop_container(SIGKILL), 128 + SIGKILL);
  expect_the_end_of_the_worker_and_start_again();
}

class LoggingToAFile : public Lifecycle {
 protected:
  LoggingToAFile() : Lifecycle({.log = "{ level: info, file: $HERE/own.log }"}) {}

  // The fixture reads shoal.log, so this becomes a link to the container's own file.
  void start_with_own_log() {
    fs::create_symlink("own.log", here() / "shoal.log");
    start();
  }
};

TEST_F(LoggingToAFile, ReopensItOnSigusr1) {
  start_with_own_log();
  fs::rename(here() / "own.log", here() / "own.log.1");
  EXPECT_EQ(get("/answers/throws").status, 500);
  EXPECT_THAT(contents(here() / "own.log.1"), HasSubstr("4711"));
  container().send(SIGUSR1);
  ASSERT_TRUE(eventually([&] { return said("log file reopened") == 3; }))
      << "supervisor, deployer and worker";
  EXPECT_EQ(get("/answers/throws").status, 500);
  EXPECT_THAT(contents(here() / "own.log"), HasSubstr("4711"));
  EXPECT_EQ(contents(here() / "own.log.1").find("4711"),
            contents(here() / "own.log.1").rfind("4711"));
}

TEST_F(LoggingToAFile, KeepsTheOldFileWhenItCannotReopenIt) {
  start_with_own_log();
  fs::rename(here() / "own.log", here() / "own.log.1");
  fs::create_directory(here() / "own.log");
  container().send(SIGUSR1);
  EXPECT_TRUE(eventually([&] {
    return contents(here() / "own.log.1").find("still writing to the old file") !=
           std::string::npos;
  }));
  EXPECT_EQ(get("/answers/throws").status, 500);
  EXPECT_THAT(contents(here() / "own.log.1"), HasSubstr("4711"));
}

TEST_F(Lifecycle, AStartRemovesWhatAKilledContainerLeftBehind) {
  start();
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  const std::size_t stages = stage_folders();
  const pid_t worker_id = worker();
  ::kill(worker_id, SIGSTOP);  // otherwise it would remove them when its supervisor ends
  EXPECT_EQ(stop_container(SIGKILL), 128 + SIGKILL);
  ::kill(worker_id, SIGKILL);
  EXPECT_EQ(stage_folders(), stages) << "no process was left to remove them";
  EXPECT_TRUE(fs::exists(socket()));

  start();
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_TRUE(eventually([&] { return stage_folders() == stages; }));
}

TEST_F(Lifecycle, WorkersFinishTheirRequestsAndEndWhenTheSupervisorIsKilled) {
  start();
  auto answer = begin_request();
  EXPECT_EQ(stop_container(SIGKILL), 128 + SIGKILL);
  ASSERT_TRUE(eventually([&] { return said("the supervisor is gone") == 1; }));
  let_go_on();
  EXPECT_EQ(answer.get().body, "slow, but whole\n");
  const std::size_t stages = stage_folders();
  start();  // waits for them to end
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_TRUE(eventually([&] { return stage_folders() == stages; }));
}

TEST_F(Lifecycle, ASecondContainerCannotUseTheSameRunFolder) {
  start();
  const auto [exit_code, output] = serve_until_exit();
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr("the container with process id " +
                                std::to_string(container().id()) + " uses this run folder"));
  EXPECT_EQ(get("/lone").body, "lone 1\n") << "the first container still serves";
}

TEST_F(Lifecycle, AStartWithoutTheAppsFolderFailsWithTheRemedy) {
  fs::rename(file("lone").parent_path(), here() / "away");
  const auto [exit_code, output] = serve_until_exit();
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr("(No such file or directory); create the folder, or name another"));
}

}  // namespace
}  // namespace shoal::system
