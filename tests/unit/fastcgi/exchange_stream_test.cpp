#include <thread>

#include "server_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using std::chrono::milliseconds;
using test::body_error;
using test::get;
using test::head_of;
using test::post_to;
using test::read_all;
using test::record;
using test::request;
using ::testing::HasSubstr;

/// A body that the handler of `/stream` reads while it comes.
class AStreamedBody : public AServer {
 protected:
  AStreamedBody() { responder_.stream("/stream"); }

  void on_stream(test::TestResponder::Handler handler) {
    responder_.on("/stream", std::move(handler));
  }

  /// Sends the second half of a body once the handler waits for it, and expects the whole back.
  void send_second_half_later(FastCgiClient& web_server) {
    web_server.send(head_of("/stream", 8) + record(FCGI_STDIN, "some"));
    ASSERT_TRUE(gate_.is_reached());
    gate_.open();
    web_server.send(record(FCGI_STDIN, "body") + record(FCGI_STDIN, ""));
    EXPECT_EQ(web_server.answer().text, "somebody");
  }
};

TEST_F(AStreamedBody, IsReadWhileItComes) {
  on_stream([this](Exchange& exchange) {
    std::string buffer(100, '\0');
    EXPECT_EQ(exchange.read(buffer), 4u);
    gate_.wait();
    exchange.write(buffer.substr(0, 4) + read_all(exchange));
  });
  start();
  FastCgiClient web_server = client();
  send_second_half_later(web_server);
  EXPECT_EQ(web_server.ask(get("/then")), "/then");
}

TEST_F(AStreamedBody, IsNotWaitedForByAReadOfNoBytes) {
  on_stream([this](Exchange& exchange) {
    EXPECT_EQ(exchange.read({}), 0u);
    std::string some(4, '\0');
    EXPECT_EQ(exchange.read(some), 4u);
    EXPECT_EQ(exchange.read({}), 0u);
    gate_.wait();
    exchange.write(some + read_all(exchange));
    EXPECT_EQ(exchange.read({}), 0u);
  });
  start();
  FastCgiClient web_server = client();
  send_second_half_later(web_server);
}

TEST_F(AStreamedBody, MayBeLargerThanAnyBuffer) {
  start();
  FastCgiClient web_server = client();
  const std::string body = test::pattern(3'000'000);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(web_server.ask(post_to("/stream", body)) == "/stream" + body) << i;
  }
}

TEST_F(AStreamedBody, ThatStallsCannotBeReadAfterTheReadTimeout) {
  start({.limits = {.read_timeout = milliseconds(50)}});
  FastCgiClient web_server = client();
  web_server.send(head_of("/stream", 10));
  EXPECT_EQ(web_server.answer().text,
            "/streamthe body stopped after 0 of 10 bytes: no byte arrived within "
            "limits.read_timeout");
}

TEST_F(AStreamedBody, WhosePeerLeavesCannotBeRead) {
  std::string error;
  on_stream([&](Exchange& exchange) {
    error = body_error(exchange);
    EXPECT_TRUE(exchange.peer_gone());
    exchange.write("Status: 400\r\n\r\n");
    EXPECT_FALSE(exchange.finish());
  });
  start();
  {
    FastCgiClient web_server = client();
    web_server.send(head_of("/stream", 10) + record(FCGI_STDIN, "abcd"));
    ASSERT_TRUE(system::eventually([&] { return responder_.calls() == 1; }));
  }
  end();
  EXPECT_EQ(error,
            "the body stopped after 4 of 10 bytes: the peer closed the connection or aborted "
            "the request");
}

TEST_F(AStreamedBody, WhoseRequestIsAbortedCannotBeRead) {
  on_stream([&](Exchange& exchange) {
    EXPECT_THAT(body_error(exchange), HasSubstr("after 4 of 8 bytes: the peer closed"));
    EXPECT_TRUE(exchange.peer_gone());
  });
  start();
  FastCgiClient web_server = client();
  web_server.send(head_of("/stream", 8) + record(FCGI_STDIN, "some") +
                  record(FCGI_ABORT_REQUEST, ""));
  EXPECT_TRUE(web_server.answer().complete);
  EXPECT_EQ(web_server.ask(get("/then")), "/then");
}

TEST_F(AStreamedBody, ThatIsOverTheLimitCannotBeReadToItsEnd) {
  on_stream([](Exchange& exchange) {
    EXPECT_EQ(body_error(exchange), "the body is over limits.body");
    EXPECT_EQ(body_error(exchange), "the body is over limits.body") << "and stays so";
    EXPECT_TRUE(exchange.body_too_large());
    exchange.write("413");
  });
  start({.limits = {.body = 4}});
  FastCgiClient web_server = client();
  web_server.send(test::begin(true) +
                  test::stream(FCGI_PARAMS, test::pairs({{"REQUEST_URI", "/stream"}})));
  web_server.send(test::stream(FCGI_STDIN, "fives"));
  EXPECT_EQ(web_server.answer().text, "413");
}

TEST_F(AStreamedBody, ThatAnnouncesTooManyBytesIsKnownToBeTooLarge) {
  on_stream([](Exchange& exchange) {
    EXPECT_FALSE(exchange.content_length_malformed());
    exchange.write(exchange.body_too_large() ? "too large" : "");
  });
  start({.limits = {.body = 4}});
  EXPECT_EQ(client().ask(post_to("/stream", "four")), "");
  EXPECT_EQ(client().ask(post_to("/stream", "fives")), "too large");
  EXPECT_EQ(client().ask(request(
                {{"REQUEST_URI", "/stream"}, {"CONTENT_LENGTH", "99999999999999999999999"}}, "a")),
            "too large");
}

TEST_F(AStreamedBody, ThatBreaksTheProtocolIsAnsweredAndItsConnectionClosed) {
  on_stream([](Exchange& exchange) { exchange.write(body_error(exchange)); });
  start();
  FastCgiClient web_server = client();
  web_server.send(head_of("/stream", 8) + record(FCGI_STDIN, "some"));
  ASSERT_TRUE(system::eventually([&] { return responder_.calls() == 1; }));
  web_server.send(std::string(8, '\7'));
  EXPECT_THAT(web_server.answer().text, HasSubstr("the body stopped after 4 of 8 bytes"));
  EXPECT_TRUE(web_server.sees_close());
  EXPECT_EQ(client().ask(get("/other")), "/other");
}

TEST_F(AStreamedBody, DoesNotDelayWhatThePeerAsksMeanwhile) {
  start();
  FastCgiClient web_server = client();
  web_server.send(head_of("/stream", 8) + record(FCGI_STDIN, "some"));
  ASSERT_TRUE(system::eventually([&] { return responder_.calls() == 1; }));
  web_server.send(record(FCGI_BEGIN_REQUEST, std::string(8, '\1'), 2));
  const auto declined = web_server.receive();
  ASSERT_TRUE(declined);
  EXPECT_EQ(declined->first, FCGI_END_REQUEST);
  EXPECT_EQ(declined->second[4], FCGI_CANT_MPX_CONN);
  web_server.send(record(FCGI_STDIN, "body") + record(FCGI_STDIN, ""));
  EXPECT_EQ(web_server.answer().text, "/streamsomebody");
}

TEST_F(AStreamedBody, DoesNotHoldUpOtherRequestsWhileItsHandlerWaits) {
  start(one_loop(2));
  FastCgiClient slow = client();
  slow.send(head_of("/stream", 4));
  ASSERT_TRUE(system::eventually([&] { return responder_.calls() == 1; }));
  EXPECT_EQ(client().ask(get("/other")), "/other");
  slow.send(record(FCGI_STDIN, "body") + record(FCGI_STDIN, ""));
  EXPECT_EQ(slow.answer().text, "/streambody");
}

TEST_F(AStreamedBody, IsSkippedBehindAnEarlyAnswerAndTheConnectionKept) {
  on_stream([](Exchange& exchange) { exchange.write("early"); });
  start();
  FastCgiClient web_server = client();
  web_server.send(head_of("/stream", 8) + record(FCGI_STDIN, "some"));
  EXPECT_EQ(web_server.answer().text, "early") << "before the body is complete";
  web_server.send(record(FCGI_STDIN, "body") + record(FCGI_STDIN, ""));
  EXPECT_EQ(web_server.ask(get("/then")), "/then");
}

TEST_F(AStreamedBody, ClosesTheConnectionIfTooMuchIsLeftBehindAnEarlyAnswer) {
  on_stream([](Exchange& exchange) { exchange.write("early"); });
  start({.limits = {.keep_alive_drain = 1'000}});
  for (const std::string& address : {address_, tcp_address_}) {
    FastCgiClient web_server(address);
    std::jthread sender([&] { web_server.send(post_to("/stream", std::string(3'000'000, 'b'))); });
    const test::Answer answer = web_server.answer();
    EXPECT_EQ(answer.text, "early");
    EXPECT_TRUE(answer.complete);
    EXPECT_TRUE(web_server.sees_close());
  }
}

TEST_F(AStreamedBody, MayBeLeftByItsPeerBehindAnEarlyAnswer) {
  on_stream([](Exchange& exchange) { exchange.write("early"); });
  start();
  {
    FastCgiClient web_server = client();
    EXPECT_EQ(web_server.ask(head_of("/stream", 8)), "early");
  }
  EXPECT_TRUE(has_connections(0));
}

}  // namespace
}  // namespace shoal::fastcgi
