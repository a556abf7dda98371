#include <thread>

#include "server_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using std::chrono::milliseconds;
using system::eventually;
using test::get;
using test::post_to;
using test::read_all;
using test::record;
using ::testing::Optional;

class AnAnswer : public AServer {
 protected:
  /// The handler of `/` says `gone` once the peer is gone; until then it waits.
  void wait_until_gone() {
    responder_.on("/", [this](Exchange& exchange) {
      exchange.will_take_long();
      EXPECT_FALSE(exchange.peer_gone());
      gate_.wait();
      gone_ = eventually([&] { return exchange.peer_gone(); });
      answered_ = exchange.finish();
    });
  }

  std::atomic<bool> gone_{false};
  std::atomic<bool> answered_{true};
};

TEST_F(AnAnswer, KnowsThatThePeerHasLeft) {
  wait_until_gone();
  start();
  {
    FastCgiClient web_server = client();
    web_server.send(get("/"));
    ASSERT_TRUE(gate_.is_reached());
  }
  end();
  EXPECT_TRUE(gone_);
  EXPECT_FALSE(answered_);
}

TEST_F(AnAnswer, KnowsThatThePeerHasLeftBehindAnUnreadBody) {
  wait_until_gone();
  start();
  {
    FastCgiClient web_server = client();
    web_server.send(post_to("/", std::string(20'000, 'b')));
    ASSERT_TRUE(gate_.is_reached());
  }
  end();
  EXPECT_TRUE(gone_);
}

TEST_F(AnAnswer, IsSentToAPeerThatHasClosedOnlyItsSendingHalf) {
  responder_.on("/", [this](Exchange& exchange) {
    gate_.wait();
    exchange.write(exchange.peer_gone() ? "gone" : "there");
  });
  start();
  FastCgiClient by_file = client();
  FastCgiClient by_port = tcp_client();
  for (FastCgiClient* web_server : {&by_file, &by_port}) {
    web_server->send(get("/"));
    web_server->finish_sending();
  }
  ASSERT_TRUE(gate_.is_reached(2));
  gate_.open();
  for (FastCgiClient* web_server : {&by_file, &by_port}) {
    const test::Answer answer = web_server->answer();
    EXPECT_EQ(answer.text, "there");
    EXPECT_TRUE(answer.complete);
    EXPECT_TRUE(web_server->sees_close());
  }
}

TEST_F(AnAnswer, KnowsThatThePeerAbortsTheRequest) {
  responder_.on("/", [](Exchange& exchange) {
    read_all(exchange);
    EXPECT_TRUE(eventually([&] { return exchange.peer_gone(); }));
    exchange.write("aborted");
  });
  start();
  FastCgiClient web_server = client();
  const std::string abort = record(FCGI_ABORT_REQUEST, "");
  web_server.send(post_to("/", "body") + abort);
  EXPECT_TRUE(web_server.answer().complete);
  web_server.send(post_to("/", "body"));
  ASSERT_TRUE(eventually([&] { return responder_.calls() == 2; }));
  web_server.send(abort);
  EXPECT_TRUE(web_server.answer().complete);
  EXPECT_EQ(web_server.ask(get("/then")), "/then") << "the connection is in step";
}

TEST_F(AnAnswer, DoesNotTakeTheAbortOfAnotherRequestForItsOwn) {
  responder_.on("/", [this](Exchange& exchange) {
    gate_.wait();
    exchange.write(exchange.peer_gone() ? "gone" : "there");
  });
  start();
  FastCgiClient web_server = client();
  web_server.send(get("/"));
  ASSERT_TRUE(gate_.is_reached());
  web_server.send(record(FCGI_ABORT_REQUEST, "", /*id=*/2));
  gate_.open();
  EXPECT_EQ(web_server.answer().text, "there");
}

TEST_F(AnAnswer, CannotBeWrittenOnceThePeerHasLeft) {
  std::atomic<bool> held{false};
  std::atomic<int> failures{0};
  responder_.on("/", [&](Exchange& exchange) {
    gate_.wait();
    EXPECT_TRUE(eventually([&] { return exchange.peer_gone(); }));
    held = exchange.write("held back");
    failures += exchange.flush() ? 0 : 1;  // and SIGPIPE does not end the process
    failures += exchange.write("more") ? 0 : 1;
    failures += exchange.flush() ? 0 : 1;
    failures += exchange.finish() ? 0 : 1;
  });
  start();
  {
    FastCgiClient web_server = client();
    web_server.send(get("/"));
    ASSERT_TRUE(gate_.is_reached());
  }
  end();
  EXPECT_TRUE(held) << "nothing has been sent yet";
  EXPECT_EQ(failures, 4);
}

TEST_F(AnAnswer, IsCutWhenThePeerTakesNothingForTheWriteTimeout) {
  std::atomic<bool> written{true};
  std::atomic<bool> finished{true};
  responder_.on("/", [&](Exchange& exchange) {
    written = exchange.write(std::string(10 << 20, 'a'));
    finished = exchange.finish();
  });
  start({.limits = {.write_timeout = milliseconds(50)}});
  FastCgiClient web_server = client();
  web_server.send(get("/"));
  EXPECT_TRUE(has_connections(1));
  EXPECT_TRUE(has_connections(0));
  EXPECT_FALSE(written);
  EXPECT_FALSE(finished);
  EXPECT_FALSE(web_server.answer().complete);
}

TEST_F(AnAnswer, OfAnySizeIsSentUnharmed) {
  std::string large;
  responder_.on("/", [&](Exchange& exchange) {
    EXPECT_TRUE(exchange.write(large));
    EXPECT_TRUE(exchange.finish());
  });
  start();
  FastCgiClient web_server = client();
  for (const std::size_t size : {0u, 1u, 40'960u - 1, 40'960u, 40'960u + 1, 65'536u, 5'000'000u}) {
    large = test::pattern(size);
    EXPECT_TRUE(web_server.ask(get("/")) == large) << size;
  }
}

TEST_F(AnAnswer, IsSentAtOnceWhenItIsFlushed) {
  responder_.on("/", [this](Exchange& exchange) {
    exchange.write("now");
    EXPECT_TRUE(exchange.flush());
    gate_.wait();
  });
  start();
  FastCgiClient web_server = client();
  web_server.send(get("/"));
  EXPECT_THAT(web_server.receive(), Optional(std::pair(FCGI_STDOUT, std::string("now"))));
  gate_.open();
  EXPECT_TRUE(web_server.answer().complete);
}

TEST_F(AnAnswer, HasNoEndWhenItIsCut) {
  responder_.on("/", [](Exchange& exchange) {
    exchange.write("sent");
    exchange.flush();
    exchange.write("dropped");
    exchange.cut();
    EXPECT_TRUE(exchange.peer_gone());
    EXPECT_FALSE(exchange.write("more"));
    EXPECT_FALSE(exchange.flush());
    EXPECT_FALSE(exchange.finish());
  });
  start();
  FastCgiClient web_server = client();
  web_server.send(get("/"));
  const test::Answer answer = web_server.answer();
  EXPECT_EQ(answer.text, "sent");
  EXPECT_FALSE(answer.complete);
  EXPECT_TRUE(web_server.sees_close());
}

}  // namespace
}  // namespace shoal::fastcgi
