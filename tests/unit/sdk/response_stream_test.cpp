#include "unit/sdk/answering.hpp"

namespace shoal::test {
namespace {

constexpr std::size_t kHeldBack = 32 * 1024;

class ResponseStream : public Answering {
 protected:
  /// Writes more than is held back, so that the head is sent.
  void outgrow() { response().write(std::string(kHeldBack + 1, 'x')); }
};

TEST_F(ResponseStream, HoldsBackThirtyTwoKibibytes) {
  EXPECT_TRUE(response().write(std::string(kHeldBack - 1, 'x')));
  EXPECT_TRUE(response().write("y"));
  EXPECT_FALSE(response().head_sent());
  finish();
  EXPECT_THAT(exchange_.head(), HasSubstr("Content-Length: 32768"));
  EXPECT_EQ(exchange_.body().size(), kHeldBack);
  EXPECT_EQ(exchange_.writes, 1);
}

TEST_F(ResponseStream, IsSentInPiecesBeyondThat) {
  response().write(std::string(kHeldBack, 'x'));
  EXPECT_TRUE(response().write("yz"));
  EXPECT_TRUE(response().head_sent());
  EXPECT_EQ(exchange_.body(), std::string(kHeldBack, 'x') + "yz");
  EXPECT_TRUE(response().write("more"));
  EXPECT_TRUE(finish());
  EXPECT_THAT(exchange_.sent, EndsWith("xyzmore"));
  EXPECT_THAT(exchange_.head(), Not(HasSubstr("Content-Length")));
  EXPECT_EQ(bytes_written(), kHeldBack + 6);
}

TEST_F(ResponseStream, SendsAllOfALargeWrite) {
  const std::string large(1 << 20, 'l');
  EXPECT_TRUE(response().write(large));
  EXPECT_EQ(exchange_.body(), large);
}

TEST_F(ResponseStream, KeepsTheLengthThatTheHandlerSets) {
  response().header("Content-Length", "40000").header("Content-Type", "application/octet-stream");
  response().write(std::string(40000, 'x'));
  finish();
  EXPECT_THAT(exchange_.head(), HasSubstr("Content-Length: 40000"));
}

TEST_F(ResponseStream, FlushSendsHeadAndBodySoFar) {
  response().text("first");
  EXPECT_TRUE(response().flush());
  EXPECT_TRUE(response().head_sent());
  EXPECT_EQ(exchange_.flushes, 1);
  EXPECT_EQ(exchange_.body(), "first");
  EXPECT_THAT(exchange_.head(), Not(HasSubstr("Content-Length")));
  EXPECT_TRUE(response().write("second"));
  EXPECT_EQ(exchange_.body(), "firstsecond");
}

TEST_F(ResponseStream, FlushSendsAHeadWithoutABody) {
  EXPECT_TRUE(response().status(202).flush());
  EXPECT_EQ(exchange_.sent, "Status: 202 Accepted\r\n\r\n");
}

TEST_F(ResponseStream, WritesWithATypeAfterTheHead) {
  response().flush();
  response().html("<p>late");
  EXPECT_EQ(exchange_.body(), "<p>late");
}

TEST_F(ResponseStream, CannotChangeTheHeadOnceItIsSent) {
  outgrow();
  const std::string sent = exchange_.sent;
  EXPECT_THROW(response().status(404), std::logic_error);
  EXPECT_THROW(response().header("X-A", "a"), std::logic_error);
  EXPECT_THROW(response().cookie({.name = "a", .value = "b"}), std::logic_error);
  EXPECT_THROW(response().redirect("/"), std::logic_error);
  EXPECT_THROW(response().error(500), std::logic_error);
  EXPECT_THROW(host::Access::reset(response()), std::logic_error);
  EXPECT_EQ(response().status(), 200);
  EXPECT_EQ(exchange_.sent, sent);
}

TEST_F(ResponseStream, ReportsTooLateBeforeAnInvalidArgument) {
  outgrow();
  try {
    response().status(9);
    FAIL();
  } catch (const std::invalid_argument&) {
    FAIL() << "must report first that the head has been sent";
  } catch (const std::logic_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("status: the head of the answer has been sent"));
  }
}

TEST_F(ResponseStream, ReturnsFalseWhenTheClientHasGone) {
  outgrow();
  EXPECT_TRUE(response().write("a"));
  exchange_.gone = true;
  EXPECT_FALSE(response().write("b"));
  EXPECT_FALSE(response().flush());
  EXPECT_FALSE(finish());
}

TEST_F(ResponseStream, ReturnsFalseWhenTheClientHasGoneBeforeTheHead) {
  exchange_.gone = true;
  EXPECT_FALSE(response().write(std::string(kHeldBack + 1, 'x')));
  EXPECT_EQ(exchange_.writes, 1);
}

TEST_F(ResponseStream, DoesNotWriteToAPeerThatHasGone) {
  outgrow();
  exchange_.gone = true;
  response().write("a");
  const int writes = exchange_.writes;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(response().write("a"));
  EXPECT_FALSE(response().flush());
  EXPECT_EQ(exchange_.writes, writes);
  EXPECT_EQ(exchange_.flushes, 0);
}

TEST_F(ResponseStream, FinishReportsAPeerThatHasGone) {
  response().text("a");
  exchange_.gone = true;
  EXPECT_FALSE(finish());
}

TEST_F(ResponseStream, AnEndlessAnswerToHeadEnds) {
  asks("HEAD");
  int chunks = 0;
  while (response().write(std::string(1024, 'x'))) ASSERT_LT(++chunks, 1000);
  EXPECT_EQ(chunks, 32);
  finish();
  EXPECT_EQ(exchange_.body(), "");
  EXPECT_THAT(exchange_.head(), StartsWith("Status: 200 OK"));
  EXPECT_EQ(bytes_written(), 33u * 1024);
}

TEST_F(ResponseStream, HeadSendsNoBodyAfterAFlush) {
  asks("HEAD");
  response().text("a");
  EXPECT_TRUE(response().flush());
  EXPECT_FALSE(response().write("b"));
  finish();
  EXPECT_EQ(exchange_.body(), "");
  EXPECT_EQ(bytes_written(), 2u);
}

TEST_F(ResponseStream, NoContentSendsNoBodyHoweverLong) {
  response().status(204);
  EXPECT_FALSE(response().write(std::string(kHeldBack + 1, 'x')));
  finish();
  EXPECT_EQ(exchange_.sent, "Status: 204 No Content\r\n\r\n");
}

TEST_F(ResponseStream, DiscardedBytesDoNotCountAsHeldBack) {
  response().write(std::string(kHeldBack, 'x'));
  response().error(404);
  EXPECT_TRUE(response().write(std::string(1024, 'y')));
  EXPECT_FALSE(response().head_sent());
}

}  // namespace
}  // namespace shoal::test
