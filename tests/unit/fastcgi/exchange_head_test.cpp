#include <csignal>
#include <thread>

#include "exchange_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using std::chrono::milliseconds;
using test::post;
using test::record;
using test::request;
using test::stream;
using ::testing::Optional;

TEST_F(AnExchange, ReadsParametersAndAnswers) {
  const auto exchange = receive(request({{"REQUEST_METHOD", "GET"}, {"QUERY_STRING", ""}}));
  ASSERT_TRUE(exchange);
  EXPECT_THAT(exchange->param("REQUEST_METHOD"), Optional(std::string_view("GET")));
  EXPECT_THAT(exchange->param("QUERY_STRING"), Optional(std::string_view("")));
  EXPECT_EQ(exchange->param("REQUEST"), std::nullopt) << "a name is not its beginning";
  EXPECT_TRUE(exchange->write("Content-Type: text/plain\r\n\r\n"));
  EXPECT_TRUE(exchange->write("hello"));
  EXPECT_TRUE(exchange->finish());
  const test::Answer answer = client_->answer();
  EXPECT_EQ(answer.text, "Content-Type: text/plain\r\n\r\nhello");
  EXPECT_TRUE(answer.complete);
}

TEST_F(AnExchange, IsReadInAsManyPiecesAsItComesIn) {
  const std::string bytes = post("body");
  std::jthread slowly([&] {
    for (char byte : bytes) client_->send({&byte, 1});
  });
  const auto exchange = next();
  ASSERT_TRUE(exchange);
  EXPECT_EQ(read_all(*exchange), "body");
  EXPECT_TRUE(exchange->finish());
}

TEST_F(AnExchange, KnowsWhenTheRequestBegan) {
  const auto before = std::chrono::steady_clock::now();
  const auto exchange = receive(request({}));
  ASSERT_TRUE(exchange);
  EXPECT_GE(exchange->started(), before);
  EXPECT_LE(exchange->started(), std::chrono::steady_clock::now());
}

TEST_F(AnExchange, ReadsParametersOf64KB) {
  const std::string large(65'536, 'v');
  const auto exchange =
      receive(request({{"HTTP_COOKIE", large}, {std::string(300, 'N'), "after"}}));
  ASSERT_TRUE(exchange);
  EXPECT_EQ(exchange->param("HTTP_COOKIE"), large);
  EXPECT_THAT(exchange->param(std::string(300, 'N')), Optional(std::string_view("after")));
}

TEST_F(AnExchange, IsRefusedWhenItsParametersExceedOneMebibyte) {
  const std::string too_much = request({{"HTTP_COOKIE", std::string(1 << 20, 'v')}});
  std::jthread sender([&] { client_->send(too_much); });
  EXPECT_FALSE(next());
  EXPECT_TRUE(closed());
}

TEST_F(AnExchange, KeepsItsParametersUntilItDies) {
  const auto exchange = receive(request({{"SERVER_NAME", "example.org"}}));
  ASSERT_TRUE(exchange->finish());
  keep();
  client_->leave();
  next();
  EXPECT_THAT(exchange->param("SERVER_NAME"), Optional(std::string_view("example.org")));
  EXPECT_LE(exchange->started(), std::chrono::steady_clock::now());
}

TEST_F(AnExchange, IsNotKeptWhenTheWebServerDoesNotAskForIt) {
  const auto exchange = receive(request({}, "", /*keep=*/false));
  exchange->write("once");
  EXPECT_FALSE(exchange->finish());
  EXPECT_EQ(client_->answer().text, "once");
  EXPECT_TRUE(closed());
}

TEST_F(AnExchange, DoesNotExistForWhatIsNoFastCgi) {
  const std::string other_version = "\2" + request({}).substr(1);
  const std::string no_begin = stream(FCGI_PARAMS, "");
  for (const std::string& garbage :
       {std::string("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), std::string(10'000, '\xff'),
        std::string(64, '\0'), other_version, no_begin,
        test::begin(true) + record(FCGI_PARAMS, std::string("\4\177abcd", 6)) +
            record(FCGI_PARAMS, "")}) {
    open({});
    client_->send(garbage);
    client_->finish_sending();
    EXPECT_FALSE(next());
    EXPECT_TRUE(closed());
  }
}

TEST_F(AnExchange, DoesNotExistForAPeerThatLeavesInTheMiddleOfARecord) {
  const std::string whole = post("body");
  for (std::size_t size : {1u, 8u, 12u, 16u, 20u, 30u}) {
    open({});
    client_->send(whole.substr(0, size));
    client_->leave();
    EXPECT_FALSE(next()) << size;
  }
}

TEST_F(AnExchange, DoesNotExistWhenAHeadIsLongerInComingThanTheReadTimeout) {
  open({.read_timeout = milliseconds(50)});
  EXPECT_FALSE(receive(test::begin(true)));
  EXPECT_TRUE(closed());
}

TEST_F(AnExchange, DoesNotExistForOtherRolesThanResponder) {
  for (int role : {FCGI_AUTHORIZER, FCGI_FILTER, 9}) {
    open({});
    client_->send(test::begin(true, role) + stream(FCGI_PARAMS, "") + stream(FCGI_STDIN, ""));
    EXPECT_FALSE(next()) << role;
    EXPECT_TRUE(closed());
  }
}

TEST_F(AnExchange, FollowsAQuestionAboutOurValues) {
  const auto exchange =
      receive(record(FCGI_GET_VALUES, test::pairs({{"FCGI_MPXS_CONNS", ""}}), /*id=*/0) +
              request({{"REQUEST_URI", "/"}}));
  ASSERT_TRUE(exchange);
  EXPECT_THAT(exchange->param("REQUEST_URI"), Optional(std::string_view("/")));
  const auto values = client_->receive();
  ASSERT_TRUE(values);
  EXPECT_EQ(values->first, FCGI_GET_VALUES_RESULT);
  EXPECT_EQ(values->second, test::pairs({{"FCGI_MPXS_CONNS", "0"}}));
  EXPECT_TRUE(exchange->finish());
  EXPECT_TRUE(client_->answer().complete);
}

TEST_F(AnExchange, DeclinesASecondRequestOnItsConnection) {
  const auto exchange =
      receive(test::begin(true) + stream(FCGI_PARAMS, test::pairs({{"CONTENT_LENGTH", "8"}})) +
              record(FCGI_STDIN, "some") + record(FCGI_BEGIN_REQUEST, std::string(8, '\1'), 2) +
              record(FCGI_STDIN, "body") + record(FCGI_STDIN, ""));
  EXPECT_EQ(read_all(*exchange), "somebody");
  const auto declined = client_->receive();
  ASSERT_TRUE(declined);
  EXPECT_EQ(declined->first, FCGI_END_REQUEST);
  EXPECT_EQ(declined->second[4], FCGI_CANT_MPX_CONN);
  EXPECT_TRUE(exchange->finish());
  EXPECT_TRUE(client_->answer().complete);
}

TEST_F(AnExchange, LeavesSignalsToTheDaemon) {
  for (int taken_by_libfcgi : {SIGTERM, SIGUSR1}) {
    struct sigaction action {};
    ::sigaction(taken_by_libfcgi, nullptr, &action);
    EXPECT_EQ(action.sa_handler, SIG_DFL);
  }
}

}  // namespace
}  // namespace shoal::fastcgi
