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
using ::testing::StartsWith;

TEST_F(AnExchange, ReadsABodyInPieces) {
  const std::string body(2'500, 'b');
  const auto exchange = receive(post(body));
  EXPECT_EQ(exchange->content_length(), 2'500u);
  EXPECT_EQ(read_all(*exchange), body);
  std::string more(1, '\0');
  EXPECT_EQ(exchange->read(more), 0u) << "the end stays the end";
}

TEST_F(AnExchange, ReadsABodyOfPaddedRecords) {
  const auto exchange =
      receive(test::begin(true) + stream(FCGI_PARAMS, test::pairs({{"CONTENT_LENGTH", "7"}})) +
              record(FCGI_STDIN, "abc", 1, 5) + record(FCGI_STDIN, "defg", 1, 255) +
              record(FCGI_STDIN, ""));
  EXPECT_EQ(read_all(*exchange), "abcdefg");
}

TEST_F(AnExchange, ReadsABodyThatIsLargerThanAnyBuffer) {
  std::string body(3'000'000, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 >> 3);
  std::jthread sender([&] { client_->send(post(body)); });
  const auto exchange = next();
  ASSERT_TRUE(exchange);
  EXPECT_EQ(read_all(*exchange, 70'000), body);
}

TEST_F(AnExchange, DoesNotTakeBytesBeyondContentLengthForBody) {
  const auto exchange = receive(request({{"CONTENT_LENGTH", "4"}}, "bodyandmore"));
  EXPECT_EQ(read_all(*exchange), "body");
  EXPECT_TRUE(exchange->finish());
  keep();
  EXPECT_TRUE(receive(request({}))) << "the rest was not read away";
}

TEST_F(AnExchange, RefusesABodyThatEndsBeforeContentLength) {
  const auto exchange = receive(request({{"CONTENT_LENGTH", "10"}}, "abc"));
  EXPECT_EQ(body_error(*exchange),
            "the body stopped after 3 of 10 bytes: CONTENT_LENGTH promised more than was sent");
  EXPECT_THAT(body_error(*exchange), StartsWith("the body stopped")) << "and goes on to";
  EXPECT_TRUE(exchange->write("Status: 400\r\n\r\n"));
  EXPECT_TRUE(exchange->finish()) << "the connection is in step";
  EXPECT_TRUE(client_->answer().complete);
}

TEST_F(AnExchange, RefusesABodyWhosePeerLeaves) {
  const auto exchange =
      receive(test::begin(true) + stream(FCGI_PARAMS, test::pairs({{"CONTENT_LENGTH", "10"}})) +
              record(FCGI_STDIN, "abcd"));
  client_->leave();
  EXPECT_EQ(body_error(*exchange),
            "the body stopped after 4 of 10 bytes: the peer closed the connection or aborted the "
            "request");
  exchange->write("Status: 400\r\n\r\n");
  EXPECT_FALSE(exchange->finish());
}

TEST_F(AnExchange, RefusesABodyThatStalls) {
  open({.read_timeout = milliseconds(50)});
  const auto exchange =
      receive(test::begin(true) + stream(FCGI_PARAMS, test::pairs({{"CONTENT_LENGTH", "10"}})));
  EXPECT_EQ(body_error(*exchange),
            "the body stopped after 0 of 10 bytes: no byte arrived within limits.read_timeout");
}

TEST_F(AnExchange, RefusesAContentLengthThatIsNoNumber) {
  for (const char* wrong : {"12x", "-2", "+1", " 1", "0x10", "1.5"}) {
    open({});
    const auto exchange = receive(request({{"CONTENT_LENGTH", wrong}}, "a"));
    ASSERT_TRUE(exchange) << wrong;
    EXPECT_TRUE(exchange->content_length_malformed()) << wrong;
    EXPECT_EQ(exchange->content_length(), 0u) << wrong;
    EXPECT_THAT(body_error(*exchange), HasSubstr("is not a number of bytes")) << wrong;
  }
}

TEST_F(AnExchange, HasNoBodyWithoutContentLength) {
  const auto exchange = receive(request({{"CONTENT_LENGTH", ""}}));
  EXPECT_FALSE(exchange->content_length_malformed());
  EXPECT_EQ(read_all(*exchange), "");
}

TEST_F(AnExchange, ReadsABodyThatAnnouncesNoLengthToItsEnd) {
  const std::string body(20'000, 'b');
  for (const test::Params& params :
       {test::Params{}, {{"CONTENT_LENGTH", ""}}, {{"CONTENT_LENGTH", "-1"}}}) {
    open({.body = 20'000});
    const auto exchange = receive(request(params, body));
    EXPECT_FALSE(exchange->content_length_malformed());
    EXPECT_EQ(exchange->content_length(), 0u);
    EXPECT_EQ(read_all(*exchange), body);
    EXPECT_FALSE(exchange->body_too_large());
    ASSERT_TRUE(exchange->finish());
    keep();
    EXPECT_TRUE(receive(request({}))) << "the connection is in step";
  }
}

TEST_F(AnExchange, RefusesTheRestOfAnUnannouncedBodyThatIsOverTheLimit) {
  open({.body = 4});
  const auto exchange = receive(request({}, "fives"));
  EXPECT_FALSE(exchange->body_too_large()) << "nobody has read it";
  EXPECT_EQ(body_error(*exchange), "the body is over limits.body");
  EXPECT_EQ(body_error(*exchange), "the body is over limits.body") << "and stays so";
  EXPECT_TRUE(exchange->body_too_large());
  EXPECT_TRUE(exchange->finish());
}

TEST_F(AnExchange, RefusesAnUnannouncedBodyWhosePeerLeaves) {
  const auto exchange =
      receive(test::begin(true) + stream(FCGI_PARAMS, "") + record(FCGI_STDIN, "abcd"));
  client_->leave();
  EXPECT_EQ(
      body_error(*exchange),
      "the body stopped after 4 bytes: the peer closed the connection or aborted the request");
  EXPECT_FALSE(exchange->finish());
}

TEST_F(AnExchange, KeepsTheConnectionWhenAnUnannouncedBodyIsLeftUnread) {
  const auto exchange = receive(request({}, std::string(20'000, 'b')));
  exchange->write("first");
  ASSERT_TRUE(exchange->finish());
  keep();
  EXPECT_TRUE(receive(request({})));
}

TEST_F(AnExchange, SaysWhenABodyIsOverTheLimit) {
  open({.body = 4});
  EXPECT_FALSE(receive(post("four"))->body_too_large());
  open({.body = 4});
  EXPECT_TRUE(receive(post("fives"))->body_too_large());
  open({.body = 4});
  const auto huge = receive(request({{"CONTENT_LENGTH", "99999999999999999999999"}}, "a"));
  EXPECT_TRUE(huge->body_too_large());
  EXPECT_FALSE(huge->content_length_malformed());
}

TEST_F(AnExchange, ReadsAnUnreadBodyAwaySoThatTheConnectionCanBeKept) {
  std::string large = post(std::string(300'000, 'b'));
  std::jthread sender([&] { client_->send(large); });
  const auto exchange = next();
  exchange->write("first");
  ASSERT_TRUE(exchange->finish());
  keep();
  EXPECT_EQ(client_->answer().text, "first");
  const auto second = receive(request({}));
  ASSERT_TRUE(second);
  second->write("second");
  EXPECT_TRUE(second->finish());
  EXPECT_EQ(client_->answer().text, "second");
}

TEST_F(AnExchange, AnswersInFullButDoesNotKeepTheConnectionWhenTooMuchIsUnread) {
  open({.keep_alive_drain = 1'000});
  std::string large = post(std::string(3'000'000, 'b'));
  std::jthread sender([&] { client_->send(large); });
  const auto exchange = next();
  exchange->write("too large");
  std::jthread worker([&] {
    EXPECT_FALSE(exchange->finish());
    connection_.reset();
  });
  const test::Answer answer = client_->answer();
  EXPECT_EQ(answer.text, "too large");
  EXPECT_TRUE(answer.complete);
  client_->sees_close();
}

TEST_F(AnExchange, DoesNotWaitForTheRestOfABodyOnceTheAnswerHasBegun) {
  const auto exchange =
      receive(test::begin(true) + stream(FCGI_PARAMS, test::pairs({{"CONTENT_LENGTH", "9"}})) +
              record(FCGI_STDIN, "some"));
  exchange->write("early");
  ASSERT_TRUE(exchange->flush());
  std::jthread worker([&] { EXPECT_FALSE(exchange->finish()); });
  EXPECT_TRUE(client_->answer().complete);  // long before limits.read_timeout
  client_->leave();
}

TEST_F(AnExchange, IsReadAfterTheEndOfABodyThatCameLate) {
  const std::string whole = request({});
  const std::size_t head = whole.size() - FCGI_HEADER_LEN;
  for (int i = 0; i < 3; ++i) {
    client_->send(whole.substr(0, head));
    std::jthread later([&] { client_->send(whole.substr(head)); });
    const auto exchange = next();
    ASSERT_TRUE(exchange) << i;
    ASSERT_TRUE(exchange->finish()) << i;
    keep();
    EXPECT_TRUE(client_->answer().complete);
  }
}

}  // namespace
}  // namespace shoal::fastcgi
