// A complete request waits for its turn: a thread, and its route's share of them.
#include <gmock/gmock.h>

#include <list>
#include <thread>

#include "peers.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using test::FastCgiClient;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Turns : public Peers {
 protected:
  explicit Turns(const std::string& workers, const std::string& limits = "{ body: 1MiB }",
                 const std::string& routes = "")
      : Peers({.workers = workers, .limits = limits}, routes) {}

  /// Sends requests that the container has read in this order.
  std::list<FastCgiClient> queue_requests(std::size_t number) const {
    std::list<FastCgiClient> waiting;
    while (waiting.size() < number) {
      waiting.push_back(peer());
      send_until_read(waiting.back(), post_of("x"));
    }
    return waiting;
  }
};

class OneThread : public Turns {
 protected:
  OneThread() : Turns("{ threads: 1, queue: 3, grace: 60s }") {}
};

TEST_F(OneThread, ServesRequestsThatWaitInTheirOrder) {
  auto holder = hold_thread();
  auto waiting = queue_requests(3);
  let_go_on();
  EXPECT_EQ(content(holder.answer()), "slow, but whole\n");
  int call = 0;
  for (auto& each : waiting) {
    EXPECT_THAT(content(each.answer()), HasSubstr("call " + std::to_string(++call) + ","));
  }
}

TEST_F(OneThread, AnswersRequestsBeyondTheQueueAtOnce) {
  auto holder = hold_thread();
  auto waiting = queue_requests(3);
  for (int i = 0; i < 3; ++i) {
    auto further = peer();
    const std::string answer = further.ask(get_of("/lone"));
    EXPECT_THAT(answer, StartsWith("Status: 503 "));
    EXPECT_THAT(answer, HasSubstr("Retry-After: "));
    EXPECT_THAT(further.ask(post_of(body_of(200'000))), StartsWith("Status: 503 "))
        << "the connection can be used again";
  }
  let_go_on();
  EXPECT_EQ(content(holder.answer()), "slow, but whole\n");
  for (auto& each : waiting) EXPECT_THAT(content(each.answer()), HasSubstr("call "));
  expect_answers(2);
}

TEST_F(OneThread, ReadsHeadsAndBodiesWhileAHandlerRuns) {
  auto holder = hold_thread();
  const std::string body = body_of(300'000);
  const std::string request = post_of(body);
  auto client = peer();
  for (std::size_t sent = 0; sent < request.size(); sent += 50'000) {
    send_until_read(client, request.substr(sent, 50'000));
  }
  let_go_on();
  EXPECT_EQ(content(holder.answer()), "slow, but whole\n");
  EXPECT_THAT(content(client.answer()), HasSubstr(read_of(body)));
}

TEST_F(OneThread, IsNotDisturbedByPeersThatLeaveTheQueue) {
  auto holder = hold_thread();
  for (int i = 0; i < 20; ++i) {
    auto leaver = peer();
    send_until_read(leaver, get_of("/lone"));
  }
  let_go_on();
  EXPECT_EQ(content(holder.answer()), "slow, but whole\n");
  expect_answers();
}

class LongWaits : public Turns {
 protected:
  LongWaits()
      : Turns("{ threads: 1, grace: 2s }", "{ body: 1MiB, request_timeout: 500ms }",
              ", /patient: { module: slow, request_timeout: 10m }") {}
};

TEST_F(LongWaits, ForATurnDoNotMakeARequestOverdue) {
  const pid_t first = worker();
  auto holder = hold_thread("meeting", "/patient");
  auto client = peer();
  send_until_read(client, get_of("/lone"));
  std::this_thread::sleep_for(std::chrono::seconds(2));  // longer than limits.request_timeout
  let_go_on();
  EXPECT_EQ(content(client.answer()), "lone 1\n");
  EXPECT_THAT(log(), Not(HasSubstr("over its request_timeout")));
  EXPECT_EQ(worker(), first);
}

class FourThreads : public Turns {
 protected:
  FourThreads()
      : Turns("{ threads: 4, grace: 60s }", "{ body: 1MiB }",
              ", /one: { module: slow, threads: 1 }") {}
};

TEST_F(FourThreads, AnswerShortRequestsBesideThreeSlowHandlers) {
  std::list<FastCgiClient> holders;
  for (const char* name : {"a", "b", "c"}) holders.push_back(hold_thread(name));
  expect_answers(200);
  for (const char* name : {"a", "b", "c"}) let_go_on(name);
  for (auto& each : holders) EXPECT_EQ(content(each.answer()), "slow, but whole\n");
}

TEST_F(FourThreads, RunNoMoreHandlersOfARouteThanItMayHold) {
  auto first = hold_thread("first", "/one");
  auto second = peer();
  send_until_read(second, get_of("/one?meet=" + at("second")));
  auto other = hold_thread("other", "/slow");
  expect_answers();
  EXPECT_FALSE(created("second.reached"));
  let_go_on("first");
  EXPECT_EQ(content(first.answer()), "slow, but whole\n");
  expect_waiting("second");
  for (const char* name : {"second", "other"}) let_go_on(name);
  EXPECT_EQ(content(second.answer()), "slow, but whole\n");
  EXPECT_EQ(content(other.answer()), "slow, but whole\n");
}

class FullRoute : public Turns {
 protected:
  FullRoute()
      : Turns("{ threads: 4, queue: 2, grace: 60s }", "{ body: 1MiB }",
              ", /one: { module: slow, threads: 1 }") {}
};

TEST_F(FullRoute, CountsItsWaitingRequestsTowardTheQueue) {
  auto first = hold_thread("first", "/one");
  std::list<FastCgiClient> waiting;
  for (const char* name : {"second", "third"}) {
    waiting.push_back(peer());
    send_until_read(waiting.back(), get_of("/one?meet=" + at(name)));
    let_go_on(name);
  }
  auto further = peer();
  EXPECT_THAT(further.ask(get_of("/one?meet=" + at("fourth"))), StartsWith("Status: 503 "));
  expect_answers(10);  // other routes have threads, and do not wait
  let_go_on("first");
  for (auto& each : waiting) EXPECT_EQ(content(each.answer()), "slow, but whole\n");
}

class DefaultThreads : public Turns {
 protected:
  static constexpr std::size_t kMost = 64;

  DefaultThreads() : Turns("{ grace: 60s }") {}

  std::size_t threads() const {
    const fs::directory_iterator all("/proc/" + std::to_string(worker()) + "/task");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
};

TEST_F(DefaultThreads, StartWhenHandlersWaitForEachOther) {
  expect_answers();
  EXPECT_LT(threads(), 16 + std::thread::hardware_concurrency()) << "an idle process has few";
  std::list<FastCgiClient> holders;
  for (std::size_t i = 0; i < kMost; ++i) {
    holders.push_back(peer());
    holders.back().send(get_of("/slow?meet=" + at("m" + std::to_string(i))));
  }
  for (std::size_t i = 0; i < kMost && !HasFailure(); ++i) expect_waiting("m" + std::to_string(i));
  EXPECT_GE(threads(), kMost);
  auto waits = peer();
  send_until_read(waits, get_of("/lone"));
  for (std::size_t i = 0; i < kMost; ++i) let_go_on("m" + std::to_string(i));
  for (auto& each : holders) EXPECT_EQ(content(each.answer()), "slow, but whole\n");
  EXPECT_EQ(content(waits.answer()), "lone 1\n");
}

}  // namespace
}  // namespace shoal::system
