// Which requests wait for their turn, and which are refused.
#include <thread>

#include "server_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using test::get;
using test::post_to;

class AQueue : public AServer {
 protected:
  AQueue() {
    block("/slow");
    block("/few");
    responder_.limit("/few", 1);
  }

  /// A web server that has sent this and awaits the answer.
  FastCgiClient& send(const std::string& bytes) {
    clients_.push_back(std::make_unique<FastCgiClient>(address_));
    clients_.back()->send(bytes);
    return *clients_.back();
  }

  std::vector<std::unique_ptr<FastCgiClient>> clients_;
};

TEST_F(AQueue, RefusesRequestsBeyondItsBound) {
  start({.threads = 1, .queue = 2});
  FastCgiClient& slow = send(get("/slow"));
  ASSERT_TRUE(gate_.is_reached());
  FastCgiClient& first = send(get("/first"));
  FastCgiClient& second = send(post_to("/second", "body"));
  ASSERT_TRUE(has_waiting(2));
  FastCgiClient& refused = send(get("/refused"));
  EXPECT_EQ(refused.answer().text, "refused 503");
  EXPECT_EQ(refused.ask(get("/again")), "refused 503") << "on a connection that is kept";
  gate_.open();
  EXPECT_EQ(slow.answer().text, "/slow");
  EXPECT_EQ(first.answer().text, "/first");
  EXPECT_EQ(second.answer().text, "/secondbody");
  EXPECT_EQ(refused.ask(get("/then")), "/then");
}

TEST_F(AQueue, OfNoLengthRefusesAllThatCannotBeServedAtOnce) {
  start({.threads = 1, .queue = 0});
  EXPECT_EQ(client().ask(get("/free")), "/free");
  FastCgiClient& slow = send(get("/slow"));
  ASSERT_TRUE(gate_.is_reached());
  EXPECT_EQ(client().ask(get("/busy")), "refused 503");
  gate_.open();
  EXPECT_EQ(slow.answer().text, "/slow");
}

TEST_F(AQueue, ForgetsRequestsWhosePeerHasLeft) {
  start(one_thread());
  FastCgiClient& slow = send(get("/slow"));
  ASSERT_TRUE(gate_.is_reached());
  send(get("/left")).leave();
  ASSERT_TRUE(has_waiting(1));
  FastCgiClient& waiting = send(get("/waiting"));
  ASSERT_TRUE(has_waiting(2));
  gate_.open();
  EXPECT_EQ(slow.answer().text, "/slow");
  EXPECT_EQ(waiting.answer().text, "/waiting");
  EXPECT_EQ(responder_.calls(), 2);
}

TEST_F(AQueue, IsNotFullOfRequestsWhosePeersHaveLeft) {
  start({.threads = 1, .queue = 2});
  FastCgiClient& slow = send(get("/slow"));
  ASSERT_TRUE(gate_.is_reached());
  for (std::size_t i = 1; i <= 2; ++i) {
    send(get("/left")).leave();
    ASSERT_TRUE(has_waiting(i));
  }
  FastCgiClient& waiting = send(get("/waiting"));
  ASSERT_TRUE(has_waiting(1)) << "those that have left were not dropped";
  gate_.open();
  EXPECT_EQ(slow.answer().text, "/slow");
  EXPECT_EQ(waiting.answer().text, "/waiting");
  EXPECT_EQ(responder_.calls(), 2);
}

TEST_F(AQueue, ServesRequestsWhosePeerHasClosedOnlyItsSendingHalf) {
  start(one_thread());
  send(get("/slow"));
  ASSERT_TRUE(gate_.is_reached());
  FastCgiClient& waiting = send(get("/waiting"));
  waiting.finish_sending();
  ASSERT_TRUE(has_waiting(1));
  gate_.open();
  EXPECT_EQ(waiting.answer().text, "/waiting");
}

TEST_F(AQueue, HoldsRequestsBeyondTheBoundOfTheirRoute) {
  start({.threads = 8});
  FastCgiClient& first = send(get("/few"));
  ASSERT_TRUE(gate_.is_reached());
  FastCgiClient& second = send(get("/few"));
  FastCgiClient& third = send(get("/few"));
  ASSERT_TRUE(has_waiting(2));
  EXPECT_EQ(client().ask(get("/other")), "/other") << "other destinations have free threads";
  EXPECT_EQ(gate_.arrived(), 1);
  gate_.open();
  for (FastCgiClient* each : {&first, &second, &third}) EXPECT_EQ(each->answer().text, "/few");
  EXPECT_EQ(first.ask(get("/few")), "/few");
}

TEST_F(AQueue, CountsRequestsThatWaitForTheirRoute) {
  start({.threads = 8, .queue = 1});
  FastCgiClient& first = send(get("/few"));
  ASSERT_TRUE(gate_.is_reached());
  FastCgiClient& second = send(get("/few"));
  ASSERT_TRUE(has_waiting(1));
  EXPECT_EQ(client().ask(get("/few")), "refused 503");
  EXPECT_EQ(client().ask(get("/other")), "/other");
  gate_.open();
  EXPECT_EQ(first.answer().text, "/few");
  EXPECT_EQ(second.answer().text, "/few");
}

TEST_F(AQueue, LeavesHalfOfTheThreadsToOthersThanStreams) {
  responder_.stream("/upload");
  start({.threads = 4});
  std::vector<FastCgiClient*> uploads;
  for (int i = 0; i < 3; ++i) uploads.push_back(&send(test::head_of("/upload", 4)));
  ASSERT_TRUE(has_waiting(1));
  EXPECT_EQ(client().ask(get("/other")), "/other");
  for (FastCgiClient* each : uploads) each->send(test::stream(FCGI_STDIN, "body"));
  for (FastCgiClient* each : uploads) EXPECT_EQ(each->answer().text, "/uploadbody");
  EXPECT_EQ(responder_.calls(), 4);
}

TEST_F(AQueue, IsNotLeftByARequestBeforeOneOfItsRouteHasEnded) {
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  responder_.limit("/three", 3);
  responder_.on("/three", [&](Exchange& exchange) {
    for (int now = ++running, seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    exchange.write("three");
    --running;
  });
  start({.threads = 16});
  std::vector<std::jthread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([this] {
      FastCgiClient web_server = client();
      for (int ask = 0; ask < 100; ++ask) ASSERT_EQ(web_server.ask(get("/three")), "three");
    });
  }
  threads.clear();
  EXPECT_LE(most, 3);
}

/// Nothing else has to happen for that: its connection may go on with a request that takes long.
TEST_F(AQueue, IsLeftByARequestAsSoonAsOneOfItsRouteHasEnded) {
  test::Gate first_of_route;
  responder_.limit("/one", 1);
  responder_.on("/one", [&](Exchange& exchange) {
    exchange.will_take_long();
    first_of_route.wait();
    exchange.write("/one");
  });
  start(one_loop(3));
  FastCgiClient& pipelining = send(get("/one") + get("/slow"));
  EXPECT_TRUE(first_of_route.is_reached());
  FastCgiClient& waiting = send(get("/one"));
  EXPECT_TRUE(has_waiting(1));
  // Only so that a missing call is noticed: until it sleeps, the monitor thread calls one, too.
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  first_of_route.open();
  const timeval patience{5, 0};  // after 10 s an idle thread looks by itself
  ::setsockopt(waiting.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  EXPECT_EQ(waiting.answer().text, "/one");
  EXPECT_EQ(pipelining.answer().text, "/one");
  gate_.open();
  EXPECT_EQ(pipelining.answer().text, "/slow");
}

/// A route whose requests always wait must not keep a thread from its loop.
TEST_F(AQueue, DoesNotHoldUpRequestsOfOtherDestinations) {
  responder_.limit("/one", 1);
  start({.threads = 2});
  std::atomic<bool> over{false};
  std::vector<std::jthread> busy;
  for (int i = 0; i < 16; ++i) {
    busy.emplace_back([&] {
      FastCgiClient web_server = client();
      while (!over) ASSERT_EQ(web_server.ask(get("/one")), "/one");
    });
  }
  std::vector<FastCgiClient> others;
  for (int i = 0; i < 8; ++i) others.push_back(client());
  for (int round = 0; round < 20; ++round) {
    for (FastCgiClient& each : others) EXPECT_EQ(each.ask(get("/other")), "/other");
  }
  over = true;
}

}  // namespace
}  // namespace shoal::fastcgi
