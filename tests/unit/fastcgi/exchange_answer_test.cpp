#include <thread>

#include "exchange_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using std::chrono::milliseconds;
using test::post;
using test::record;
using test::request;
using test::stream;
using ::testing::HasSubstr;
using ::testing::Optional;

TEST_F(AnExchange, SeesThatThePeerHasLeft) {
  const auto exchange = receive(request({}));
  EXPECT_FALSE(exchange->peer_gone());
  client_->leave();
  EXPECT_TRUE(exchange->peer_gone());
}

TEST_F(AnExchange, SeesThatThePeerHasLeftBehindAnUnreadBody) {
  const auto exchange = receive(post(std::string(20'000, 'b')));
  EXPECT_FALSE(exchange->peer_gone());
  client_->leave();
  EXPECT_TRUE(exchange->peer_gone());
}

TEST_F(AnExchange, DoesNotTakeTheAbortOfAnotherRequestForItsOwn) {
  const auto exchange = receive(post("body"));
  read_all(*exchange);
  EXPECT_FALSE(exchange->peer_gone());
  client_->send(record(FCGI_ABORT_REQUEST, "", /*id=*/2));
  EXPECT_FALSE(exchange->peer_gone()) << "another request is meant";
}

TEST_F(AnExchange, SeesThatThePeerAbortsTheRequest) {
  const auto exchange = receive(post("body"));
  read_all(*exchange);
  client_->send(record(FCGI_ABORT_REQUEST, ""));
  EXPECT_TRUE(exchange->peer_gone());
  EXPECT_FALSE(exchange->finish()) << "an aborted connection is kept";
  EXPECT_TRUE(client_->answer().complete);
}

TEST_F(AnExchange, SeesThatThePeerAbortsTheRequestInTheMiddleOfItsBody) {
  const auto exchange =
      receive(test::begin(true) + stream(FCGI_PARAMS, test::pairs({{"CONTENT_LENGTH", "8"}})) +
              record(FCGI_STDIN, "some") + record(FCGI_ABORT_REQUEST, ""));
  EXPECT_THAT(body_error(*exchange), HasSubstr("after 4 of 8 bytes: the peer closed"));
  EXPECT_TRUE(exchange->peer_gone());
}

TEST_F(AnExchange, DoesNotTakeABodyForAnAbort) {
  const auto exchange =
      receive(test::begin(true) + stream(FCGI_PARAMS, test::pairs({{"CONTENT_LENGTH", "8"}})));
  client_->send(record(FCGI_ABORT_REQUEST, ""));
  EXPECT_FALSE(exchange->peer_gone());
}

TEST_F(AnExchange, FailsToWriteOnceThePeerHasLeft) {
  const auto exchange = receive(request({}));
  client_->leave();
  EXPECT_TRUE(exchange->write("held back")) << "nothing has gone out yet";
  EXPECT_FALSE(exchange->flush()) << "and SIGPIPE has not killed us";
  EXPECT_FALSE(exchange->write("more"));
  EXPECT_FALSE(exchange->flush());
  EXPECT_FALSE(exchange->finish());
}

TEST_F(AnExchange, FailsToWriteWhenThePeerTakesNothingForTheWriteTimeout) {
  open({.write_timeout = milliseconds(50)});
  const auto exchange = receive(request({}));
  EXPECT_FALSE(exchange->write(std::string(10 << 20, 'a')));
  EXPECT_FALSE(exchange->finish());
}

TEST_F(AnExchange, SendsAnswersOfAnySizeUnharmed) {
  std::string large(5'000'000, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 17 >> 2);
  const auto exchange = receive(request({}));
  std::jthread worker([&] {
    EXPECT_TRUE(exchange->write(large));
    EXPECT_TRUE(exchange->finish());
  });
  EXPECT_EQ(client_->answer().text, large);
}

TEST_F(AnExchange, SendsWhatIsFlushedAtOnce) {
  const auto exchange = receive(request({}));
  exchange->write("now");
  EXPECT_TRUE(exchange->flush());
  EXPECT_THAT(client_->receive(), Optional(std::pair(FCGI_STDOUT, std::string("now"))));
}

TEST_F(AnExchange, LeavesNoEndOfTheAnswerWhenItIsCut) {
  const auto exchange = receive(request({}));
  exchange->write("sent");
  exchange->flush();
  exchange->write("dropped");
  exchange->cut();
  EXPECT_TRUE(exchange->peer_gone());
  EXPECT_FALSE(exchange->write("more"));
  EXPECT_FALSE(exchange->flush());
  EXPECT_FALSE(exchange->finish());
  const test::Answer answer = client_->answer();
  EXPECT_EQ(answer.text, "sent");
  EXPECT_FALSE(answer.complete);
}

TEST_F(AnExchange, LeavesNoEndOfTheAnswerWhenItIsJustDestroyed) {
  auto exchange = receive(request({}));
  exchange->write("dropped");
  exchange.reset();
  connection_.reset();
  const test::Answer answer = client_->answer();
  EXPECT_EQ(answer.text, "");
  EXPECT_FALSE(answer.complete);
}

}  // namespace
}  // namespace shoal::fastcgi
