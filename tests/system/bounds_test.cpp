// What takes too long, or comes too often.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <vector>

#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class Bounds : public Site {
 protected:
  explicit Bounds(Plan plan) : Site(std::move(plan)) {}

  void SetUp() override {
    drop("1");
    drop("plain");
    start();
  }

  /// A request that is answered when `go` says so.
  std::future<Answer> ask_slowly(const std::string& name = "meeting") {
    const fs::path place = here() / name;
    auto answer = std::async(std::launch::async, [this, place] {
      return Visitor(port()).get("/slow?meet=" + place.native());
    });
    EXPECT_TRUE(eventually([&] { return fs::exists(place.native() + ".reached"); }));
    return answer;
  }
  void go(const std::string& name = "meeting") {
    std::ofstream((here() / name).native() + ".go").put('\n');
  }
};

class SlowRequests : public Bounds {
 protected:
  SlowRequests() : Bounds({.log = "{ level: debug, file: stderr, slow: 300ms }"}) {}
};

TEST_F(SlowRequests, AreLoggedOnceWithTheStackOfTheirThreadAndGoOn) {
  auto answer = ask_slowly();
  ASSERT_TRUE(eventually([&] { return said(": slow after") == 1; }));
  EXPECT_THAT(log(), ContainsRegex("GET /slow.*slow/1"));
  EXPECT_TRUE(eventually([&] { return said("Slow::handle") >= 1; })) << "its stack names it";
  EXPECT_THAT(log(), Not(HasSubstr("\\x0a"))) << "a frame a line";
  go();
  EXPECT_EQ(answer.get().body, "slow, but whole\n");
  EXPECT_EQ(get("/lone").status, 200);
  EXPECT_EQ(said(": slow after"), 1u);
}

class OverdueRequests : public Bounds {
 protected:
  OverdueRequests()
      : Bounds({.workers = "{ threads: 4, grace: 300ms }",
                .limits = "{ body: 1MiB, request_timeout: 500ms }"}) {}
};

TEST_F(OverdueRequests, HaveTheirProcessReplacedAndEndWithIt) {
  const pid_t first = worker();
  auto answer = ask_slowly();
  ASSERT_TRUE(eventually([&] { return said("over its request_timeout after") == 1; }));
  EXPECT_TRUE(eventually([&] { return said("Slow::handle") >= 1; })) << "its stack names it";
  EXPECT_EQ(answer.get().status, 502);
  ASSERT_TRUE(eventually([&] { return workers().size() == 1 && worker() != first; }));
  EXPECT_EQ(get("/lone").body, "lone 1\n");
}

class WornOutWorkers : public Bounds {
 protected:
  WornOutWorkers()
      : Bounds({.workers = "{ threads: 4, grace: 60s, max_requests: 100 }",
                .next_upstream = "error"}) {}
};

TEST_F(WornOutWorkers, AreReplacedWithoutLosingARequest) {
  const pid_t first = worker();
  Clients clients(port(), 4, {"/lone"}, [](const std::string&, const Answer& answer) {
    return answer.body == "lone 1\n" ? "" : "status " + std::to_string(answer.status);
  });
  clients.ask_for(1'000);
  const auto report = clients.stop();
  EXPECT_EQ(report.failed, 0u) << ::testing::PrintToString(report.problems);
  EXPECT_THAT(log(), HasSubstr("is replaced: workers.max_requests"));
  ASSERT_TRUE(eventually([&] { return workers().size() == 1 && worker() != first; }));
}

class FullQueue : public Bounds {
 protected:
  FullQueue()
      : Bounds({.workers = "{ threads: 1, grace: 60s, queue: 1 }",
                .log = "{ level: debug, file: stderr, "
                       "access: { file: $HERE/access.log, format: '%s %r' } }"}) {}
};

TEST_F(FullQueue, TurnsAwayWhoComesThenWithARetryAfter) {
  auto first = ask_slowly("first");
  std::vector<std::future<Answer>> others;
  for (int i = 0; i < 3; ++i) {
    others.push_back(
        std::async(std::launch::async, [this] { return Visitor(port()).get("/lone"); }));
  }
  const auto answered = [&] {
    return std::ranges::count_if(others, [](const auto& other) {
      return other.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
  };
  ASSERT_TRUE(eventually([&] { return answered() == 2; })) << "one waits";
  go("first");
  EXPECT_EQ(first.get().body, "slow, but whole\n");
  std::vector<int> statuses;
  for (auto& other : others) {
    const Answer answer = other.get();
    statuses.push_back(answer.status);
    EXPECT_EQ(answer.header("Retry-After"), answer.status == 503 ? "1" : "");
  }
  EXPECT_THAT(statuses, ::testing::UnorderedElementsAre(200, 503, 503));
  EXPECT_THAT(log(), ContainsRegex("\\[[0-9a-f]+\\] GET /lone: 503: workers.queue is full"));
  EXPECT_TRUE(eventually(
      [&] { return contents(here() / "access.log").find("503 /lone") != std::string::npos; }));
}

}  // namespace
}  // namespace shoal::system
