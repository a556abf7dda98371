#include <csignal>
#include <thread>

#include "server_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using std::chrono::milliseconds;
using test::get;
using test::record;
using test::request;
using test::stream;
using ::testing::Optional;

class ARequestHead : public AServer {};

TEST_F(ARequestHead, HasTheParametersThatTheWebServerSent) {
  responder_.on("", [](Exchange& exchange) {
    EXPECT_THAT(exchange.param("REQUEST_METHOD"), Optional(std::string_view("GET")));
    EXPECT_THAT(exchange.param("QUERY_STRING"), Optional(std::string_view("")));
    EXPECT_EQ(exchange.param("REQUEST"), std::nullopt) << "a name is not its beginning";
    EXPECT_TRUE(exchange.write("Content-Type: text/plain\r\n\r\n"));
    EXPECT_TRUE(exchange.write("hello"));
    EXPECT_TRUE(exchange.finish());
    EXPECT_FALSE(exchange.finish()) << "it has ended";
  });
  start();
  FastCgiClient web_server = client();
  web_server.send(request({{"REQUEST_METHOD", "GET"}, {"QUERY_STRING", ""}}));
  const test::Answer answer = web_server.answer();
  EXPECT_EQ(answer.text, "Content-Type: text/plain\r\n\r\nhello");
  EXPECT_TRUE(answer.complete);
}

TEST_F(ARequestHead, IsReadInAsManyPiecesAsItComesIn) {
  start();
  FastCgiClient web_server = client();
  for (const char byte : test::post_to("/", "body")) web_server.send({&byte, 1});
  EXPECT_EQ(web_server.answer().text, "/body");
}

TEST_F(ARequestHead, SaysWhenTheRequestBegan) {
  const auto before = std::chrono::steady_clock::now();
  responder_.on("/", [&](Exchange& exchange) {
    EXPECT_GE(exchange.started(), before);
    EXPECT_LE(exchange.started(), std::chrono::steady_clock::now());
    exchange.write("/");
  });
  start();
  EXPECT_EQ(client().ask(get("/")), "/");
}

TEST_F(ARequestHead, SaysOfEachRequestOnAConnectionWhenItBegan) {
  std::chrono::steady_clock::time_point answered{};
  responder_.on("/second", [&](Exchange& exchange) { EXPECT_GE(exchange.started(), answered); });
  start();
  FastCgiClient web_server = client();
  EXPECT_EQ(web_server.ask(get("/first")), "/first");
  answered = std::chrono::steady_clock::now();
  EXPECT_EQ(web_server.ask(get("/second")), "");
}

TEST_F(ARequestHead, MayHave64KB) {
  const std::string large(65'536, 'v');
  const std::string long_name(300, 'N');
  responder_.on("/", [&](Exchange& exchange) {
    EXPECT_EQ(exchange.param("HTTP_COOKIE"), large);
    EXPECT_THAT(exchange.param(long_name), Optional(std::string_view("after")));
    exchange.write("seen");
  });
  start();
  EXPECT_EQ(
      client().ask(request({{"REQUEST_URI", "/"}, {"HTTP_COOKIE", large}, {long_name, "after"}})),
      "seen");
}

TEST_F(ARequestHead, OfMoreThanOneMebibyteClosesTheConnection) {
  start();
  FastCgiClient web_server = client();
  web_server.send(request({{"HTTP_COOKIE", std::string(1 << 20, 'v')}}));
  EXPECT_TRUE(web_server.sees_close());
  EXPECT_EQ(responder_.calls(), 0);
}

TEST_F(ARequestHead, IsKeptUntilTheHandlerEnds) {
  responder_.on("/", [](Exchange& exchange) {
    EXPECT_TRUE(exchange.finish());
    EXPECT_THAT(exchange.param("REQUEST_URI"), Optional(std::string_view("/")));
  });
  start();
  FastCgiClient web_server = client();
  web_server.send(get("/"));
  EXPECT_TRUE(web_server.answer().complete);
}

TEST_F(ARequestHead, DecidesWhetherTheConnectionIsKept) {
  start();
  FastCgiClient once = client();
  EXPECT_EQ(once.ask(request({{"REQUEST_URI", "/once"}}, "", /*keep=*/false)), "/once");
  EXPECT_TRUE(once.sees_close());
  FastCgiClient kept = client();
  EXPECT_EQ(kept.ask(get("/first")), "/first");
  EXPECT_EQ(kept.ask(get("/second")), "/second");
}

TEST_F(ARequestHead, ThatIsNotFastCgiClosesTheConnection) {
  start();
  const std::string other_version = "\2" + request({}).substr(1);
  for (const std::string& garbage :
       {std::string("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), std::string(10'000, '\xff'),
        std::string(64, '\0'), other_version,
        test::begin(true) + record(FCGI_PARAMS, std::string("\4\177abcd", 6)) +
            record(FCGI_PARAMS, "")}) {
    FastCgiClient web_server = client();
    web_server.send(garbage);
    EXPECT_TRUE(web_server.sees_close());
  }
  EXPECT_EQ(responder_.calls(), 0);
}

TEST_F(ARequestHead, IsDroppedWhenThePeerLeavesInTheMiddleOfARecord) {
  start();
  const std::string whole = test::post("body");
  for (const std::size_t size : {1u, 8u, 12u, 16u, 20u, 30u}) {
    EXPECT_TRUE(send_and_leave(whole.substr(0, size))) << size;
  }
  EXPECT_EQ(responder_.calls(), 0);
}

TEST_F(ARequestHead, ThatTakesLongerThanTheReadTimeoutClosesTheConnection) {
  start({.limits = {.read_timeout = milliseconds(50)}});
  FastCgiClient web_server = client();
  web_server.send(test::begin(true));
  EXPECT_TRUE(web_server.sees_close());
}

TEST_F(ARequestHead, OfAnotherRoleThanResponderIsDeclined) {
  start();
  FastCgiClient web_server = client();
  for (const int role : {FCGI_AUTHORIZER, FCGI_FILTER, 9}) {
    web_server.send(test::begin(true, role) + stream(FCGI_PARAMS, "") + stream(FCGI_STDIN, ""));
    const auto declined = web_server.receive();
    ASSERT_TRUE(declined) << role;
    EXPECT_EQ(declined->first, FCGI_END_REQUEST);
    EXPECT_EQ(declined->second[4], FCGI_UNKNOWN_ROLE);
  }
  EXPECT_EQ(responder_.calls(), 0);
  EXPECT_EQ(web_server.ask(get("/then")), "/then");
}

TEST_F(ARequestHead, MayFollowAQuestionAboutOurValues) {
  start();
  FastCgiClient web_server = client();
  web_server.send(record(FCGI_GET_VALUES, test::pairs({{"FCGI_MPXS_CONNS", ""}}), /*id=*/0) +
                  get("/"));
  const auto values = web_server.receive();
  ASSERT_TRUE(values);
  EXPECT_EQ(values->first, FCGI_GET_VALUES_RESULT);
  EXPECT_EQ(values->second, test::pairs({{"FCGI_MPXS_CONNS", "0"}}));
  EXPECT_EQ(web_server.answer().text, "/");
}

TEST_F(ARequestHead, OfASecondRequestOnItsConnectionIsDeclined) {
  start();
  FastCgiClient web_server = client();
  web_server.send(test::head_of("/", 8) + record(FCGI_STDIN, "some") +
                  record(FCGI_BEGIN_REQUEST, std::string(8, '\1'), 2) + record(FCGI_STDIN, "body") +
                  record(FCGI_STDIN, ""));
  const auto declined = web_server.receive();
  ASSERT_TRUE(declined);
  EXPECT_EQ(declined->first, FCGI_END_REQUEST);
  EXPECT_EQ(declined->second[4], FCGI_CANT_MPX_CONN);
  EXPECT_EQ(web_server.answer().text, "/somebody");
}

TEST_F(ARequestHead, MayLieBehindAnotherRequestInOneSegment) {
  start();
  FastCgiClient web_server = client();
  web_server.send(get("/first") + test::post_to("/second", "body") + get("/third"));
  EXPECT_EQ(web_server.answer().text, "/first");
  EXPECT_EQ(web_server.answer().text, "/secondbody");
  EXPECT_EQ(web_server.answer().text, "/third");
}

TEST_F(ARequestHead, LeavesSignalsToTheDaemon) {
  start();
  EXPECT_EQ(client().ask(get("/")), "/");
  for (const int taken_by_libfcgi : {SIGTERM, SIGUSR1}) {
    struct sigaction action {};
    ::sigaction(taken_by_libfcgi, nullptr, &action);
    EXPECT_EQ(action.sa_handler, SIG_DFL);
  }
}

}  // namespace
}  // namespace shoal::fastcgi
