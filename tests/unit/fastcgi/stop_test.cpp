// A server that stops at any moment.
#include <thread>

#include "server_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using std::chrono::milliseconds;
using system::eventually;
using test::get;
using test::head_of;
using test::post_to;
using test::record;

class AStoppedServer : public AServer {
 protected:
  AStoppedServer() { block("/slow"); }

  bool is_finished() { return server_->finished_within(std::chrono::minutes(1)); }
};

TEST_F(AStoppedServer, EndsAllThreads) {
  start();
  server_->stop();
  server_->stop();
  EXPECT_TRUE(is_finished());
  EXPECT_TRUE(is_finished());
  EXPECT_EQ(responder_.threads_ended(), responder_.threads_started());
}

TEST_F(AStoppedServer, ClosesIdleConnectionsAndAcceptsNoMore) {
  start();
  FastCgiClient kept = client();
  ASSERT_EQ(kept.ask(get("/")), "/");
  FastCgiClient silent = tcp_client();
  ASSERT_TRUE(has_connections(2));
  server_->stop();
  EXPECT_TRUE(is_finished());
  EXPECT_TRUE(kept.sees_close());
  EXPECT_TRUE(silent.sees_close());
  EXPECT_THROW(client(), std::runtime_error);
  EXPECT_THROW(tcp_client(), std::runtime_error);
}

TEST_F(AStoppedServer, AnswersTheFirstRequestOfAConnectionThatHasJustBeenMade) {
  start();
  FastCgiClient fresh = client();
  ASSERT_TRUE(has_connections(1));
  server_->stop();
  EXPECT_EQ(fresh.ask(get("/first")), "/first");
  EXPECT_TRUE(fresh.sees_close());
}

TEST_F(AStoppedServer, AnswersARequestThatRuns) {
  start(one_thread());
  FastCgiClient web_server = client();
  web_server.send(get("/slow"));
  ASSERT_TRUE(gate_.is_reached());
  server_->stop();
  EXPECT_FALSE(server_->finished_within(milliseconds(10)));
  gate_.open();
  const test::Answer answer = web_server.answer();
  EXPECT_EQ(answer.text, "/slow");
  EXPECT_TRUE(answer.complete);
  EXPECT_TRUE(web_server.sees_close()) << "and it is not kept";
  EXPECT_TRUE(is_finished());
}

TEST_F(AStoppedServer, AnswersRequestsThatWait) {
  start(one_thread());
  FastCgiClient slow = client();
  slow.send(get("/slow"));
  ASSERT_TRUE(gate_.is_reached());
  std::vector<FastCgiClient> waiting;
  for (int i = 0; i < 5; ++i) {
    waiting.push_back(client());
    waiting.back().send(get("/waiting"));
  }
  ASSERT_TRUE(has_waiting(5));
  server_->stop();
  gate_.open();
  EXPECT_EQ(slow.answer().text, "/slow");
  for (FastCgiClient& each : waiting) {
    EXPECT_EQ(each.answer().text, "/waiting");
    EXPECT_TRUE(each.sees_close());
  }
  EXPECT_TRUE(is_finished());
}

TEST_F(AStoppedServer, AnswersRequestsThatHaveArrivedOnConnectionsThatAreKept) {
  for (const unsigned threads : {1u, 4u}) {
    test::TestResponder responder;
    test::Gate gate;
    responder.on("/hold", [&](Exchange& exchange) {
      exchange.write("/hold");
      gate.wait();
    });
    std::vector<Listener> listeners;
    listeners.emplace_back(UnixAddress{folder_ / "b.sock", std::nullopt, "", ""}, 1'024);
    const std::string address = listeners[0].name();
    ServerRules rules = one_loop(threads);
    rules.folder = folder_ / "";
    Server server(std::move(listeners), nullptr, rules, responder);
    std::vector<FastCgiClient> kept;
    for (int i = 0; i < 5; ++i) {
      kept.emplace_back(address);
      ASSERT_EQ(kept.back().ask(get("/")), "/");
    }
    FastCgiClient holding(address);
    holding.send(get("/hold"));
    ASSERT_TRUE(gate.is_reached());
    for (FastCgiClient& each : kept) each.send(get("/arrived"));
    server.stop();
    gate.open();
    for (FastCgiClient& each : kept) EXPECT_EQ(each.answer().text, "/arrived");
    EXPECT_TRUE(server.finished_within(std::chrono::minutes(1)));
  }
}

TEST_F(AStoppedServer, AnswersRequestsOfWhichAPartHasCome) {
  start();
  const std::string head = get("/head");
  const std::string small = std::string(1'024, 's');
  const std::string large = test::pattern(300 << 10);
  const std::string with_small = post_to("/small", small);
  const std::string with_large = post_to("/large", large);
  FastCgiClient half_head = client();
  FastCgiClient half_small = client();
  FastCgiClient half_large = client();
  half_head.send(head.substr(0, 20));
  half_small.send(with_small.substr(0, 600));
  half_large.send(with_large.substr(0, 150 << 10));
  ASSERT_TRUE(has_connections(3));
  EXPECT_EQ(client().ask(get("/other")), "/other");
  server_->stop();
  half_head.send(head.substr(20));
  half_small.send(with_small.substr(600));
  half_large.send(with_large.substr(150 << 10));
  EXPECT_EQ(half_head.answer().text, "/head");
  EXPECT_EQ(half_small.answer().text, "/small" + small);
  EXPECT_TRUE(half_large.answer().text == "/large" + large);
  EXPECT_TRUE(is_finished());
}

/// It has 5 s for the rest, which a web server that still speaks sends at once.
TEST_F(AStoppedServer, DoesNotWaitLongForTheRestOfAHead) {
  start({.limits = {.read_timeout = std::chrono::minutes(10)}});
  FastCgiClient half = client();
  half.send(get("/" + std::string(60'000, 's')).substr(0, 100));
  ASSERT_TRUE(has_connections(1));
  EXPECT_EQ(client().ask(get("/other")), "/other");
  server_->stop();
  // It does not have more time since it goes on to send: each byte comes within a second.
  const std::string rest = std::string(600, 's');
  std::size_t sent = 0;
  while (sent < rest.size() && half.send(rest.substr(sent, 1))) {
    ++sent;
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_LT(sent, rest.size()) << "the rest of the head was waited for";
  EXPECT_TRUE(is_finished());
}

TEST_F(AStoppedServer, StopsWhileThreadsAreRenewed) {
  start({.threads = 4});
  FastCgiClient slow = client();
  slow.send(get("/slow"));
  ASSERT_TRUE(gate_.is_reached());
  server_->renew_threads();
  server_->stop();
  server_->renew_threads();
  gate_.open();
  EXPECT_EQ(slow.answer().text, "/slow");
  EXPECT_TRUE(is_finished());
}

TEST_F(AStoppedServer, AnswersAllThatItHasBegunToReadUnderLoad) {
  start({.threads = 4});
  std::atomic<int> answered{0};
  std::atomic<int> cut{0};
  std::vector<std::jthread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      FastCgiClient web_server = client();
      const std::string body(100'000, 'b');
      for (;;) {
        web_server.send(post_to("/", body));
        const test::Answer answer = web_server.answer();
        if (!answer.complete) {
          if (!answer.text.empty()) ++cut;
          return;
        }
        ++answered;
      }
    });
  }
  ASSERT_TRUE(eventually([&] { return answered > 100; }));
  server_->stop();
  EXPECT_TRUE(is_finished());
  clients.clear();
  EXPECT_EQ(cut, 0);
}

}  // namespace
}  // namespace shoal::fastcgi
