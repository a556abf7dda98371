// Requests beside handlers that take long.
#include <thread>

#include "server_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using system::eventually;
using test::get;

class ASlowHandler : public AServer {
 protected:
  ASlowHandler() { block("/slow"); }

  /// Has so many handlers wait.
  void occupy(int threads) {
    for (int i = 0; i < threads; ++i) {
      slow_.push_back(client());
      slow_.back().send(get("/slow"));
      ASSERT_TRUE(gate_.is_reached(i + 1));
    }
  }

  void release() {
    gate_.open();
    for (FastCgiClient& each : slow_) EXPECT_EQ(each.answer().text, "/slow");
  }

  std::vector<FastCgiClient> slow_;
};

TEST_F(ASlowHandler, DoesNotHoldUpRequestsOfItsLoopWhileAThreadIsFree) {
  start(one_loop(2));
  FastCgiClient kept = client();
  ASSERT_EQ(kept.ask(get("/before")), "/before");
  occupy(1);
  EXPECT_EQ(kept.ask(get("/kept")), "/kept");
  EXPECT_EQ(client().ask(get("/fresh")), "/fresh");
  release();
}

TEST_F(ASlowHandler, DoesNotHoldUpTheRestOfItsBatch) {
  start(one_loop(2));
  std::vector<FastCgiClient> others;
  for (int round = 0; round < 20; ++round) {
    others.push_back(client());
    ASSERT_EQ(others.back().ask(get("/")), "/");
  }
  slow_.push_back(client());
  for (FastCgiClient& each : others) each.send(get("/other"));
  slow_.back().send(get("/slow"));
  for (FastCgiClient& each : others) each.send(get("/again"));
  for (FastCgiClient& each : others) {
    EXPECT_EQ(each.answer().text, "/other");
    EXPECT_EQ(each.answer().text, "/again");
  }
  release();
}

TEST_F(ASlowHandler, DoesNotHoldUpConnectionsThatAreAcceptedWithItsOwn) {
  std::vector<FastCgiClient> others;
  for (int i = 0; i < 3; ++i) {
    slow_.push_back(client());
    slow_.back().send(get("/slow"));
    others.push_back(client());
    others.back().send(get("/other"));
  }
  start(one_loop(4));  // now all are accepted
  for (FastCgiClient& each : others) EXPECT_EQ(each.answer().text, "/other");
  release();
}

TEST_F(ASlowHandler, HasRequestsWaitOnlyWhenAllThreadsAreBusy) {
  start(one_loop(3));
  occupy(2);
  EXPECT_EQ(client().ask(get("/")), "/");
  slow_.push_back(client());
  slow_.back().send(get("/slow"));
  ASSERT_TRUE(gate_.is_reached(3));
  FastCgiClient waiting = client();
  waiting.send(get("/waiting"));
  EXPECT_TRUE(has_waiting(1));
  release();
  EXPECT_EQ(waiting.answer().text, "/waiting");
  EXPECT_TRUE(has_waiting(0));
}

TEST_F(ASlowHandler, OfEachThreadLeavesRequestsInTheirOrder) {
  std::vector<int> order;
  for (int i = 0; i < 20; ++i) {
    responder_.on("/" + std::to_string(i), [&order, i](Exchange&) { order.push_back(i); });
  }
  start(one_thread());
  occupy(1);
  std::vector<FastCgiClient> waiting;
  std::vector<int> expected;
  for (int i = 0; i < 20; ++i) {
    waiting.push_back(client());
    waiting.back().send(get("/" + std::to_string(i)));
    ASSERT_TRUE(has_waiting(static_cast<std::size_t>(i) + 1));
    expected.push_back(i);
  }
  release();
  for (FastCgiClient& each : waiting) EXPECT_TRUE(each.answer().complete);
  EXPECT_EQ(order, expected);
}

TEST_F(ASlowHandler, HasBodiesCollectedMeanwhile) {
  start(one_thread());
  occupy(1);
  const std::string body = test::pattern(300'000);
  FastCgiClient large = client();
  large.send(test::post_to("/large", body));
  EXPECT_TRUE(has_waiting(1));
  release();
  EXPECT_TRUE(large.answer().text == "/large" + body);
}

/// Two loops where there are two processors: the free thread has the other one.
TEST_F(ASlowHandler, LeavesTheRequestsOfItsLoopToAThreadThatSleepsAtAnother) {
  start({.threads = 2});
  std::vector<FastCgiClient> others;
  for (int i = 0; i < 8; ++i) {
    others.push_back(client());
    ASSERT_EQ(others.back().ask(get("/")), "/");
  }
  occupy(1);
  for (int round = 0; round < 20; ++round) {
    for (FastCgiClient& each : others) ASSERT_EQ(each.ask(get("/other")), "/other");
  }
  release();
}

TEST_F(ASlowHandler, GivesUpItsLoopAtOnceIfItSaysThatItWillTakeLong) {
  responder_.on("/long", [this](Exchange& exchange) {
    exchange.will_take_long();
    exchange.will_take_long();
    gate_.wait();
    exchange.write("long");
  });
  start(one_loop(2));
  FastCgiClient web_server = client();
  web_server.send(get("/long"));
  ASSERT_TRUE(gate_.is_reached());
  EXPECT_EQ(client().ask(get("/other")), "/other");
  gate_.open();
  EXPECT_EQ(web_server.answer().text, "long");
  EXPECT_EQ(web_server.ask(get("/then")), "/then");
}

TEST_F(ASlowHandler, MayTakeLongAgainAndAgain) {
  responder_.on("/long", [](Exchange& exchange) {
    exchange.will_take_long();
    exchange.write("long");
  });
  start({.threads = 4});
  std::vector<std::jthread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([this] {
      FastCgiClient web_server = client();
      for (int ask = 0; ask < 500; ++ask) {
        ASSERT_EQ(web_server.ask(get("/long")), "long");
        ASSERT_EQ(web_server.ask(get("/short")), "/short");
      }
    });
  }
}

}  // namespace
}  // namespace shoal::fastcgi
