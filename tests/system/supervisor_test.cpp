// What the parent of the worker processes promises: a worker that ends costs nobody but those it
// was answering, and a new configuration costs nobody anything.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <future>

#include "eventually.hpp"
#include "long_run.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string not_lone_1(const std::string&, const Answer& answer) {
  return answer.body == "lone 1\n" ? "" : "status " + std::to_string(answer.status);
}

class Supervising : public Site {
 protected:
  /// With nginx as it is shipped: it asks once more when a kept connection turns out to be closed.
  explicit Supervising(Plan plan = {}) : Site(with_second_attempts(std::move(plan))) {}

  void SetUp() override {
    drop("1");
    drop("plain");
  }

  static Plan with_second_attempts(Plan plan) {
    plan.next_upstream = "error";
    return plan;
  }
};

class TwoProcesses : public Supervising {
 protected:
  TwoProcesses()
      : Supervising(
            {.workers = "{ processes: 2, threads: 4, grace: 60s }", .next_upstream = "error"}) {}
};

TEST_F(Supervising, AWorkerThatIsKilledIsReplacedAtOnce) {
  start();
  const pid_t first = worker();
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  EXPECT_EQ(get("/lone").body, "lone 1\n") << "it waits in the backlog, and is not refused";
  EXPECT_NE(worker(), first);
  EXPECT_EQ(said("was ended by Killed"), 1u);
}

TEST_F(TwoProcesses, RequestsAtTheOtherProcessDoNotNotice) {
  start();
  const fs::path place = here() / "meeting";
  auto answer = std::async(std::launch::async, [this, place] {
    return Visitor(port()).get("/slow?meet=" + place.native());
  });
  ASSERT_TRUE(eventually([&] { return fs::exists(place.native() + ".reached"); }));
  // Whoever has the request holds a connection to a file that the other has not: asked by trying.
  const auto all = workers();
  ASSERT_EQ(all.size(), 2u);
  const auto sockets = [](pid_t id) {
    const fs::directory_iterator fds("/proc/" + std::to_string(id) + "/fd");
    return std::count_if(begin(fds), end(fds), [](const auto& entry) {
      std::error_code gone;
      return fs::read_symlink(entry.path(), gone).native().starts_with("socket:");
    });
  };
  const pid_t other = sockets(all[0]) < sockets(all[1]) ? all[0] : all[1];
  ASSERT_EQ(::kill(other, SIGKILL), 0);
  std::ofstream(place.native() + ".go").put('\n');
  EXPECT_EQ(answer.get().body, "slow, but whole\n");
}

TEST_F(TwoProcesses, ServeTheSameGenerationAfterADrop) {
  start();
  drop("2");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(version_of(get("/")), "2");
}

class Hangup : public TwoProcesses {};

TEST_F(Hangup, BringsTheNewConfigurationAndFailsNobody) {
  start();
  Clients clients(port(), 4, {"/lone"}, not_lone_1);
  clients.ask_for(50);
  reconfigure("processes: 2", "processes: 1");
  ASSERT_TRUE(eventually([&] { return said("the new configuration serves") == 1; }));
  clients.ask_for(50);
  const auto report = clients.stop();
  EXPECT_EQ(report.failed, 0u) << ::testing::PrintToString(report.problems);
  ASSERT_TRUE(eventually([&] { return workers().size() == 1; })) << "the old one has ended";
}

TEST_F(TwoProcesses, ACrashCostsIdempotentRequestsNothing) {
  start();
  Clients clients(port(), 8, {"/lone"}, not_lone_1);
  for (int i = 0; i < 10; ++i) {
    clients.ask_for(200);
    ASSERT_EQ(::kill(workers().at(0), SIGKILL), 0);
    ASSERT_TRUE(eventually([&] { return workers().size() == 2; }));
  }
  const auto report = clients.stop();
  EXPECT_EQ(report.failed, 0u) << report.requests
                               << " requests: " << ::testing::PrintToString(report.problems);
}

/// Without the probe, for many processes start here.
/// And with an nginx that asks but once: connections that it keeps go to the next process.
class ManyHangups : public Site {
 protected:
  ManyHangups()
      : Site({.workers = "{ processes: 2, threads: 4, grace: 60s }",
              .sweep = "{ settle: 500ms, wait: 60s, probe: false }"}) {}
};

TEST_F(ManyHangups, FailNobody) {
  drop("1", {"lone"});
  start();
  Clients readers(port(), 2, {"/lone"}, not_lone_1);
  Clients writers(port(), 2, {"/lone"}, not_lone_1, "POST");
  const auto hangups = static_cast<std::size_t>(test::repetitions(15, 100));
  for (std::size_t i = 1; i <= hangups; ++i) {
    container().send(SIGHUP);
    ASSERT_TRUE(eventually([&] { return said("the new configuration serves") == i; }));
    readers.ask_for(5);
    writers.ask_for(5);
  }
  for (auto* clients : {&readers, &writers}) {
    const auto report = clients->stop();
    EXPECT_EQ(report.failed, 0u) << report.requests
                                 << " requests: " << ::testing::PrintToString(report.problems);
  }
  ASSERT_TRUE(eventually([&] { return workers().size() == 2; }));
}

TEST_F(Supervising, ABadConfigurationIsRefusedWholeWithAllItsErrors) {
  start();
  const auto before = workers();
  reconfigure("threads: 8", "threds: 8, grase: 1s");
  ASSERT_TRUE(eventually([&] { return said("the new configuration is refused") == 1; }));
  EXPECT_THAT(log(), HasSubstr("workers.threds: unknown key; did you mean \"threads\"?"));
  EXPECT_THAT(log(), HasSubstr("workers.grase: unknown key; did you mean \"grace\"?"));
  EXPECT_EQ(workers(), before);
  EXPECT_EQ(get("/lone").body, "lone 1\n");
}

TEST_F(Supervising, AConfigurationWithWhichNoWorkerStartsIsRefused) {
  start();
  const auto before = workers();
  reconfigure("apps: apps", "apps: nowhere");
  ASSERT_TRUE(eventually([&] { return said("the new configuration is refused") == 1; }));
  EXPECT_THAT(log(), HasSubstr("nowhere: No such file or directory"));
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  ASSERT_TRUE(eventually([&] { return workers() == before; }));
}

TEST_F(Supervising, AHangupOpensAndClosesSocketsAndKeepsThoseThatStay) {
  start();
  const std::string kept = "{ socket: \"unix:$HERE/shoal.sock\", mode: \"0600\" }";
  const fs::path second = here() / "second.sock";
  reconfigure("listen: [", "listen: [ \"unix:" + second.native() + "\", ");
  ASSERT_TRUE(eventually([&] { return said("the new configuration serves") == 1; }));
  EXPECT_EQ(said("listening on unix:" + second.native()), 1u);
  EXPECT_EQ(said("listening on unix:" + socket().native() + "\n"), 1u) << "it was never closed";
  EXPECT_TRUE(fs::exists(second));
  reconfigure("\"unix:" + second.native() + "\", ", "");
  ASSERT_TRUE(eventually([&] { return said("the new configuration serves") == 2; }));
  EXPECT_FALSE(fs::exists(second));
  EXPECT_EQ(get("/lone").body, "lone 1\n");
}

TEST_F(Supervising, AHangupChangesTheModeOfASocketThatStays) {
  start();
  const auto mode = [&] { return fs::status(socket()).permissions(); };
  ASSERT_EQ(mode(), fs::perms(0600));
  reconfigure("mode: \"0600\"", "mode: \"0660\"");
  ASSERT_TRUE(eventually([&] { return said("the new configuration serves") == 1; }));
  EXPECT_EQ(mode(), fs::perms(0660));
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  reconfigure("mode: \"0660\"", "owner: nobody-here");
  ASSERT_TRUE(eventually([&] { return said("the new configuration is refused") == 1; }));
  EXPECT_THAT(log(), HasSubstr("there is no user \"nobody-here\" here; correct owner"));
}

TEST_F(Supervising, AConfigurationThatIsRefusedLeavesTheSocketAsItIs) {
  start();
  const std::string before = "mode: \"0600\" }]\nworkers: { threads: 8, grace: 60s }\napps: apps";
  reconfigure(before, "mode: \"0666\" }]\nworkers: { threads: 8, grace: 60s }\napps: nowhere");
  ASSERT_TRUE(eventually([&] { return said("the new configuration is refused") == 1; }));
  EXPECT_EQ(fs::status(socket()).permissions(), fs::perms(0600));
}

TEST_F(Supervising, TheRunFolderStaysThatOfTheStart) {
  start();
  reconfigure("run: run", "run: run2");
  ASSERT_TRUE(eventually([&] { return said("the new configuration is refused") == 1; }));
  EXPECT_THAT(log(), HasSubstr("run: cannot change while it is in use; restart instead"));
}

}  // namespace
}  // namespace shoal::system
