// Limits on what takes too long or comes too often: log.slow, limits.request_timeout,
// workers.max_requests and workers.queue.
#include <gmock/gmock.h>

#include <algorithm>
#include <future>
#include <vector>

#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class Limits : public Site {
 protected:
  explicit Limits(SiteOptions options) : Site(std::move(options)) {}

  void SetUp() override {
    drop("1");
    drop("plain");
    start();
  }
};

class SlowRequests : public Limits {
 protected:
  SlowRequests() : Limits({.log = "{ level: debug, file: stderr, slow: 300ms }"}) {}
};

TEST_F(SlowRequests, AreLoggedOnceWithTheirStackAndGoOn) {
  auto answer = begin_request();
  ASSERT_TRUE(eventually([&] { return said(": slow after") == 1; }));
  EXPECT_THAT(log(), ContainsRegex("GET /slow.*slow/1"));
  EXPECT_TRUE(eventually([&] { return said("Slow::handle") >= 1; })) << "its stack names it";
  EXPECT_THAT(log(), Not(HasSubstr("\\x0a"))) << "each frame has a line of its own";
  let_go_on();
  EXPECT_EQ(answer.get().body, "slow, but whole\n");
  EXPECT_EQ(get("/lone").status, 200);
  EXPECT_EQ(said(": slow after"), 1u);
}

class OverdueRequests : public Limits {
 protected:
  OverdueRequests()
      : Limits({.workers = "{ threads: 4, grace: 2s }",
                .limits = "{ body: 1MiB, request_timeout: 500ms }"}) {}
};

TEST_F(OverdueRequests, EndWithTheirWorkerWhichIsReplaced) {
  const pid_t first = worker();
  auto answer = begin_request();
  ASSERT_TRUE(eventually([&] { return said("over its request_timeout after") == 1; }));
  EXPECT_TRUE(eventually([&] { return said("Slow::handle") >= 1; })) << "its stack names it";
  EXPECT_EQ(answer.get().status, 502);
  ASSERT_TRUE(eventually([&] { return workers().size() == 1 && worker() != first; }));
  EXPECT_EQ(get("/lone").body, "lone 1\n");
}

class MaxRequests : public Limits {
 protected:
  MaxRequests()
      : Limits({.workers = "{ threads: 4, grace: 60s, max_requests: 100 }",
                .next_upstream = "error"}) {}
};

TEST_F(MaxRequests, ReplaceTheWorkerWithoutLosingARequest) {
  const pid_t first = worker();
  Visitors visitors(port(), 4, {"/lone"}, check_lone_1);
  visitors.wait_for_responses(1'000);
  expect_no_failure(visitors);
  EXPECT_THAT(log(), HasSubstr("is replaced: workers.max_requests"));
  ASSERT_TRUE(eventually([&] { return workers().size() == 1 && worker() != first; }));
}

class FullQueue : public Limits {
 protected:
  FullQueue()
      : Limits({.workers = "{ threads: 1, grace: 60s, queue: 1 }",
                .log = "{ level: debug, file: stderr, "
                       "access: { file: $HERE/access.log, format: '%s %r' } }"}) {}
};

TEST_F(FullQueue, AnswersFurtherRequestsWith503AndRetryAfter) {
  auto first = begin_request();
  std::vector<std::future<Response>> others;
  for (int i = 0; i < 3; ++i) {
    others.push_back(
        std::async(std::launch::async, [this] { return Visitor(port()).get("/lone"); }));
  }
  const auto answered = [&] {
    return std::ranges::count_if(others, [](const auto& other) {
      return other.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
  };
  ASSERT_TRUE(eventually([&] { return answered() == 2; })) << "the third waits in the queue";
  let_go_on();
  EXPECT_EQ(first.get().body, "slow, but whole\n");
  std::vector<int> statuses;
  for (auto& other : others) {
    const Response answer = other.get();
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
