#include "fastcgi/turns.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <array>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace shoal::fastcgi {
namespace {

/// Connections whose requests wait; a number tells them apart.
class ATurn : public ::testing::Test {
 protected:
  std::unique_ptr<Connection> request_for(const RouteRules* route, base::Descriptor socket = {}) {
    auto connection = std::make_unique<Connection>(std::move(socket), base::Descriptor(), rules_,
                                                   open_connections_);
    connection->plan.route = route;
    return connection;
  }

  /// Returns the address, to recognise the request; null if it was refused.
  const Connection* wait(Turns& turns, const RouteRules* route) {
    auto request = request_for(route);
    const Connection* const address = request.get();
    return turns.wait(request, turns.may_run(route)) ? address : nullptr;
  }

  /// Has a request wait whose peer has left.
  void wait_and_leave(Turns& turns, const RouteRules* route) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    const base::Descriptor peer(ends[1]);
    auto request = request_for(route, base::Descriptor(ends[0]));
    ASSERT_TRUE(turns.wait(request, turns.may_run(route)));
  }

  BodyBudget budget_{0};
  const ReaderRules rules_{.folder = {}, .budget = budget_};
  std::atomic<std::size_t> open_connections_{0};
  const RouteRules few_{.threads = 2};
  const RouteRules one_{.threads = 1};
  const RouteRules unbounded_{};
  const RouteRules streaming_{.streams_body = true};
};

TEST_F(ATurn, IsAlwaysGivenToADestinationWithoutABound) {
  Turns turns(4, 2);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(turns.may_run(nullptr));
    EXPECT_TRUE(turns.may_run(&unbounded_));
  }
}

TEST_F(ATurn, IsGivenToAsManyRequestsAsTheDestinationAllows) {
  Turns turns(4, 64);
  EXPECT_TRUE(turns.may_run(&few_));
  EXPECT_TRUE(turns.may_run(&few_));
  EXPECT_FALSE(turns.may_run(&few_));
  EXPECT_TRUE(turns.may_run(&one_)) << "another route has a bound of its own";
  turns.done(&few_);
  EXPECT_TRUE(turns.may_run(&few_));
  EXPECT_FALSE(turns.may_run(&few_));
}

TEST_F(ATurn, OfADestinationThatStreamsIsGivenToHalfOfTheThreads) {
  Turns eight(4, 8);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(eight.may_run(&streaming_));
  EXPECT_FALSE(eight.may_run(&streaming_));
  Turns one(4, 1);
  EXPECT_TRUE(one.may_run(&streaming_)) << "never to none";
  EXPECT_FALSE(one.may_run(&streaming_));
  const RouteRules streaming_with_bound{.threads = 6, .streams_body = true};
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(eight.may_run(&streaming_with_bound));
  EXPECT_FALSE(eight.may_run(&streaming_with_bound));
}

TEST_F(ATurn, IsGivenInTheOrderInWhichRequestsWait) {
  Turns turns(8, 64);
  std::vector<const Connection*> waiting;
  for (int i = 0; i < 5; ++i) waiting.push_back(wait(turns, i % 2 ? &unbounded_ : nullptr));
  EXPECT_EQ(turns.size(), 5u);
  for (const Connection* each : waiting) EXPECT_EQ(turns.next().get(), each);
  EXPECT_EQ(turns.next(), nullptr);
  EXPECT_EQ(turns.size(), 0u);
}

TEST_F(ATurn, ComesWhenARequestOfTheDestinationHasEnded) {
  Turns turns(8, 64);
  ASSERT_TRUE(turns.may_run(&one_));
  const Connection* const first = wait(turns, &one_);
  const Connection* const second = wait(turns, &one_);
  const Connection* const other = wait(turns, nullptr);
  EXPECT_TRUE(turns.any_ready());
  EXPECT_EQ(turns.next().get(), other) << "it does not wait for the bounded route";
  EXPECT_FALSE(turns.any_ready());
  turns.done(&one_);
  EXPECT_EQ(turns.next().get(), first);
  EXPECT_EQ(turns.next(), nullptr);
  turns.done(&one_);
  EXPECT_EQ(turns.next().get(), second);
  turns.done(&one_);
  EXPECT_TRUE(turns.may_run(&one_)) << "all that ran have ended";
}

TEST_F(ATurn, IsNotGivenToANewRequestWhileOlderOnesWait) {
  Turns turns(8, 64);
  ASSERT_TRUE(turns.may_run(&one_));
  const Connection* const older = wait(turns, &one_);
  turns.done(&one_);
  EXPECT_FALSE(turns.may_run(&one_)) << "it is the older one's";
  EXPECT_EQ(turns.next().get(), older);
}

TEST_F(ATurn, ComesAtOnceIfTheLastRequestEndedSinceItWasAskedFor) {
  Turns turns(8, 64);
  ASSERT_TRUE(turns.may_run(&one_));
  ASSERT_FALSE(turns.may_run(&one_));
  turns.done(&one_);
  auto request = request_for(&one_);
  EXPECT_TRUE(turns.wait(request, false));
  EXPECT_TRUE(turns.next());
  EXPECT_FALSE(turns.may_run(&one_));
}

TEST_F(ATurn, IsRefusedToMoreRequestsThanMayWait) {
  Turns turns(2, 64);
  ASSERT_TRUE(turns.may_run(&one_));
  EXPECT_TRUE(wait(turns, nullptr));
  EXPECT_TRUE(wait(turns, &one_)) << "both ways to wait count";
  auto third = request_for(nullptr);
  EXPECT_FALSE(turns.wait(third, true));
  EXPECT_TRUE(third) << "it stays with the caller";
  EXPECT_TRUE(turns.next());
  EXPECT_TRUE(turns.wait(third, true));
  Turns none(0, 64);
  EXPECT_FALSE(wait(none, nullptr));
}

TEST_F(ATurn, IsNotKeptForRequestsWhosePeersHaveLeftIfTooManyWait) {
  Turns turns(5, 64);
  ASSERT_TRUE(turns.may_run(&one_));
  wait_and_leave(turns, &one_);
  wait_and_leave(turns, nullptr);
  wait_and_leave(turns, &few_);  // may run, and counts as if it ran
  const Connection* const of_route = wait(turns, &one_);
  const Connection* const other = wait(turns, nullptr);
  EXPECT_EQ(turns.size(), 5u) << "there was space for all of them";
  const Connection* const last = wait(turns, nullptr);
  EXPECT_TRUE(last);
  EXPECT_EQ(turns.size(), 4u);
  EXPECT_EQ(open_connections_, 4u);
  EXPECT_EQ(turns.next()->plan.route, &few_);
  EXPECT_EQ(turns.next().get(), other);
  EXPECT_EQ(turns.next().get(), last);
  EXPECT_FALSE(turns.any_ready());
  EXPECT_TRUE(turns.done(&one_));
  EXPECT_EQ(turns.next().get(), of_route);
  EXPECT_FALSE(turns.done(&one_)) << "none waits any more";
  turns.done(&few_);
  EXPECT_TRUE(turns.may_run(&few_));
  EXPECT_TRUE(turns.may_run(&few_)) << "none of its places was lost";
  EXPECT_EQ(turns.size(), 0u);
}

TEST_F(ATurn, IsForgottenWithAllThatWait) {
  Turns turns(8, 64);
  ASSERT_TRUE(turns.may_run(&few_));
  auto ready = request_for(&few_);
  ASSERT_TRUE(turns.may_run(&few_));
  ASSERT_TRUE(turns.wait(ready, true));
  ASSERT_TRUE(wait(turns, &few_));
  ASSERT_TRUE(wait(turns, nullptr));
  EXPECT_EQ(turns.take_all().size(), 3u);
  EXPECT_EQ(turns.size(), 0u);
  EXPECT_FALSE(turns.any_ready());
  EXPECT_TRUE(turns.may_run(&few_)) << "the one that was ready does not run any more";
  EXPECT_FALSE(turns.may_run(&few_)) << "the first one still runs";
}

TEST_F(ATurn, IsGivenOnceToEachRequestByManyThreads) {
  constexpr int kRequests = 2'000;
  Turns turns(4 * kRequests, 64);
  std::atomic<int> served{0};
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  const auto serve = [&] {
    for (int now = ++running, seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    ++served;
    --running;
    turns.done(&few_);
  };
  const auto work = [&] {
    for (int i = 0; i < kRequests; ++i) {
      if (turns.may_run(&few_)) {
        serve();
      } else {
        auto request = request_for(&few_);
        EXPECT_TRUE(turns.wait(request, false));
      }
      if (turns.next()) serve();
    }
    while (turns.next()) serve();
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  }
  while (turns.next()) serve();
  EXPECT_EQ(served, 4 * kRequests);
  EXPECT_LE(most, 2);
  EXPECT_EQ(turns.size(), 0u);
  EXPECT_EQ(open_connections_, 0u);
}

}  // namespace
}  // namespace shoal::fastcgi
