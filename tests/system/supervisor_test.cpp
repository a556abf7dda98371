// What the supervisor promises: the end of a worker costs only the requests that it was answering,
// and a new configuration costs no request.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <future>

#include "eventually.hpp"
#include "long_run.hpp"
#include "site.hpp"
#include "unit/fastcgi/fastcgi_client.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Supervisor : public Site {
 protected:
  /// nginx retries, as in the shipped configuration.
  explicit Supervisor(SiteOptions options = {}) : Site(with_retries(std::move(options))) {}

  void SetUp() override {
    drop("1");
    drop("plain");
  }

  static SiteOptions with_retries(SiteOptions options) {
    options.next_upstream = "error";
    return options;
  }
};

class TwoWorkers : public Supervisor {
 protected:
  TwoWorkers()
      : Supervisor(
            {.workers = "{ processes: 2, threads: 4, grace: 60s }", .next_upstream = "error"}) {}
};

TEST_F(Supervisor, ReplacesAKilledWorkerAtOnce) {
  start();
  const pid_t first = worker();
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  EXPECT_EQ(get("/lone").body, "lone 1\n") << "the request waits in the backlog";
  EXPECT_NE(worker(), first);
  EXPECT_EQ(said("was ended by Killed"), 1u);
}

TEST_F(TwoWorkers, FinishTheirRequestsWhenTheOtherIsKilled) {
  start();
  auto answer = begin_request();
  // The worker with the request has one more socket than the other: the connection.
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
  let_go_on();
  EXPECT_EQ(answer.get().body, "slow, but whole\n");
}

TEST_F(TwoWorkers, ServeTheSameGenerationAfterADrop) {
  start();
  drop("2");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(version_of(get("/")), "2");
}

TEST_F(TwoWorkers, LoseNoRequestWhenTheConfigurationIsReloaded) {
  start();
  Visitors visitors(port(), 4, {"/lone"}, check_lone_1);
  visitors.wait_for_responses(50);
  reconfigure("processes: 2", "processes: 1");
  ASSERT_TRUE(eventually([&] { return said("the new configuration serves") == 1; }));
  visitors.wait_for_responses(50);
  expect_no_failure(visitors);
  ASSERT_TRUE(eventually([&] { return workers().size() == 1; })) << "the old workers have ended";
}

// Each visitor connects anew, as new workers get new connections only.
TEST_F(TwoWorkers, AnswerAllRequestsWhileAConfigurationIsRefusedThatNoDeployerCanServe) {
  start();
  std::atomic<bool> enough = false;
  std::atomic<std::size_t> requests = 0;
  const auto visit = [&] {
    std::set<std::string> wrong;
    for (; !enough; ++requests) {
      const std::string answer = test::FastCgiClient("unix:" + socket().native())
                                     .ask(test::request({{"SCRIPT_NAME", "/lone"}}, "", false));
      if (!answer.ends_with("lone 1\n")) wrong.insert(answer);
    }
    return wrong;
  };
  std::vector<std::future<std::set<std::string>>> visitors;
  for (int i = 0; i < 4; ++i) visitors.push_back(std::async(std::launch::async, visit));
  const std::string good = contents(here() / "shoal.yaml");
  for (std::size_t i = 1; i <= 10; ++i) {
    write_file(here() / "shoal.yaml", good);
    reconfigure("apps: ", "apps: /nonexistent/");
    EXPECT_TRUE(eventually([&] { return said("is refused") == i; })) << log();
    const std::size_t more = requests + 20;
    EXPECT_TRUE(eventually([&] { return requests >= more; }));
  }
  enough = true;
  for (auto& visitor : visitors) EXPECT_THAT(visitor.get(), IsEmpty());
}

TEST_F(TwoWorkers, LoseNoIdempotentRequestWhenTheyAreKilled) {
  start();
  Visitors visitors(port(), 8, {"/lone"}, check_lone_1);
  for (int i = 0; i < 10; ++i) {
    visitors.wait_for_responses(200);
    ASSERT_EQ(::kill(workers().at(0), SIGKILL), 0);
    ASSERT_TRUE(eventually([&] { return workers().size() == 2; }));
  }
  expect_no_failure(visitors);
}

/// Without the probe, since many processes start here. nginx does not retry: the connections that
/// it keeps must be left to the next worker.
class ManyConfigurationReloads : public Site {
 protected:
  ManyConfigurationReloads()
      : Site({.workers = "{ processes: 2, threads: 4, grace: 60s }",
              .sweep = "{ settle: 500ms, wait: 60s, probe: false }"}) {}
};

TEST_F(ManyConfigurationReloads, LoseNoRequest) {
  drop("1", {"lone"});
  start();
  Visitors readers(port(), 2, {"/lone"}, check_lone_1);
  Visitors writers(port(), 2, {"/lone"}, check_lone_1, "POST");
  const auto reloads = static_cast<std::size_t>(test::repetitions(15, 100));
  for (std::size_t i = 1; i <= reloads; ++i) {
    container().send(SIGHUP);
    ASSERT_TRUE(eventually([&] { return said("the new configuration serves") == i; }));
    readers.wait_for_responses(5);
    writers.wait_for_responses(5);
  }
  expect_no_failure(readers);
  expect_no_failure(writers);
  ASSERT_TRUE(eventually([&] { return workers().size() == 2; }));
}

TEST_F(Supervisor, RefusesABadConfigurationWithAllItsErrors) {
  start();
  const auto before = workers();
  reconfigure("threads: 8", "threds: 8, grase: 1s");
  ASSERT_TRUE(eventually([&] { return said("the new configuration is refused") == 1; }));
  EXPECT_THAT(log(), HasSubstr("workers.threds: unknown key; did you mean \"threads\"?"));
  EXPECT_THAT(log(), HasSubstr("workers.grase: unknown key; did you mean \"grace\"?"));
  EXPECT_EQ(workers(), before);
  EXPECT_EQ(get("/lone").body, "lone 1\n");
}

TEST_F(Supervisor, RefusesAConfigurationWithWhichNoWorkerStarts) {
  start();
  const auto before = workers();
  reconfigure("apps: apps", "apps: nowhere");
  ASSERT_TRUE(eventually([&] { return said("the new configuration is refused") == 1; }));
  EXPECT_THAT(log(), HasSubstr("nowhere: cannot be read (No such file or directory)"));
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  ASSERT_TRUE(eventually([&] { return workers() == before; }));
}

TEST_F(Supervisor, OpensNewSocketsAndKeepsTheOthersOpenOnAReload) {
  start();
  const fs::path second = here() / "second.sock";
  reconfigure("listen: [", "listen: [ \"unix:" + second.native() + "\", ");
  ASSERT_TRUE(eventually([&] { return said("the new configuration serves") == 1; }));
  EXPECT_EQ(said("listening on unix:" + second.native()), 1u);
  EXPECT_EQ(said("listening on unix:" + socket().native() + "\n"), 1u)
      << "this socket was never closed";
  EXPECT_TRUE(fs::exists(second));
  reconfigure("\"unix:" + second.native() + "\", ", "");
  ASSERT_TRUE(eventually([&] { return said("the new configuration serves") == 2; }));
  EXPECT_FALSE(fs::exists(second));
  EXPECT_EQ(get("/lone").body, "lone 1\n");
}

TEST_F(Supervisor, ChangesTheModeOfAnOpenSocketOnAReload) {
  start();
  const auto mode = [&] { return fs::status(socket()).permissions(); };
  ASSERT_EQ(mode(), fs::perms(0600));
  reconfigure("mode: \"0600\"", "mode: \"0660\"");
  ASSERT_TRUE(eventually([&] { return said("the new configuration serves") == 1; }));
  EXPECT_EQ(mode(), fs::perms(0660));
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  reconfigure("mode: \"0660\"", "owner: nobody-here");
  ASSERT_TRUE(eventually([&] { return said("the new configuration is refused") == 1; }));
  EXPECT_THAT(log(), HasSubstr("the user \"nobody-here\" does not exist; correct owner"));
}

TEST_F(Supervisor, LeavesTheSocketUnchangedWhenTheConfigurationIsRefused) {
  start();
  const std::string before = "mode: \"0600\" }]\nworkers: { threads: 8, grace: 60s }\napps: apps";
  reconfigure(before, "mode: \"0666\" }]\nworkers: { threads: 8, grace: 60s }\napps: nowhere");
  ASSERT_TRUE(eventually([&] { return said("the new configuration is refused") == 1; }));
  EXPECT_EQ(fs::status(socket()).permissions(), fs::perms(0600));
}

TEST_F(Supervisor, RefusesAConfigurationWithAnotherRunFolder) {
  start();
  reconfigure("run: run", "run: run2");
  ASSERT_TRUE(eventually([&] { return said("the new configuration is refused") == 1; }));
  EXPECT_THAT(log(), HasSubstr("run: cannot change while it is in use; restart instead"));
}

}  // namespace
}  // namespace shoal::system
