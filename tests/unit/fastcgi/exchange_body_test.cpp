#include <thread>

#include "server_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using test::body_error;
using test::get;
using test::head_of;
using test::post_to;
using test::read_all;
using test::record;
using test::request;
using ::testing::HasSubstr;

/// A body that is collected before its handler runs.
class ACollectedBody : public AServer {};

TEST_F(ACollectedBody, IsReadInPieces) {
  const std::string body(2'500, 'b');
  responder_.on("/", [&](Exchange& exchange) {
    EXPECT_EQ(exchange.content_length(), 2'500u);
    EXPECT_EQ(read_all(exchange), body);
    std::string more(1, '\0');
    EXPECT_EQ(exchange.read(more), 0u) << "the end stays the end";
    exchange.write("read");
  });
  start();
  EXPECT_EQ(client().ask(post_to("/", body)), "read");
}

TEST_F(ACollectedBody, MayComeInPaddedRecords) {
  start();
  FastCgiClient web_server = client();
  web_server.send(head_of("/", 7) + record(FCGI_STDIN, "abc", 1, 5) +
                  record(FCGI_STDIN, "defg", 1, 255) + record(FCGI_STDIN, ""));
  EXPECT_EQ(web_server.answer().text, "/abcdefg");
}

TEST_F(ACollectedBody, MayBeLargerThanAnyBuffer) {
  start();
  FastCgiClient web_server = client();
  const std::string body = test::pattern(3'000'000);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(web_server.ask(post_to("/", body)) == "/" + body) << i;
}

TEST_F(ACollectedBody, IsCompleteBeforeItsHandlerRuns) {
  start(one_thread());
  FastCgiClient slow = client();
  slow.send(head_of("/slow", 8) + record(FCGI_STDIN, "some"));
  FastCgiClient other = client();
  EXPECT_EQ(other.ask(get("/other")), "/other") << "an incomplete body holds the only thread";
  EXPECT_EQ(responder_.calls(), 1);
  slow.send(record(FCGI_STDIN, "body") + record(FCGI_STDIN, ""));
  EXPECT_EQ(slow.answer().text, "/slowsomebody");
}

TEST_F(ACollectedBody, DoesNotHaveTheBytesBeyondContentLength) {
  start();
  FastCgiClient web_server = client();
  EXPECT_EQ(web_server.ask(request({{"REQUEST_URI", "/"}, {"CONTENT_LENGTH", "4"}}, "bodyandmore")),
            "/body");
  EXPECT_EQ(web_server.ask(get("/then")), "/then") << "the rest was not skipped";
}

TEST_F(ACollectedBody, ThatEndsBeforeContentLengthCannotBeRead) {
  responder_.on("/", [](Exchange& exchange) {
    EXPECT_EQ(body_error(exchange),
              "the body stopped after 3 of 10 bytes: CONTENT_LENGTH promised more than was sent");
    EXPECT_THAT(body_error(exchange), HasSubstr("the body stopped")) << "and stays so";
    exchange.write("Status: 400\r\n\r\n");
    EXPECT_TRUE(exchange.finish());
  });
  start();
  FastCgiClient web_server = client();
  EXPECT_EQ(web_server.ask(request({{"REQUEST_URI", "/"}, {"CONTENT_LENGTH", "10"}}, "abc")),
            "Status: 400\r\n\r\n");
  EXPECT_EQ(web_server.ask(get("/then")), "/then");
}

TEST_F(ACollectedBody, IsDroppedWhenItsPeerLeaves) {
  start();
  for (const std::size_t size : {4u, 200'000u}) {
    const std::string whole = test::post_to("/", std::string(300'000, 'b'));
    EXPECT_TRUE(send_and_leave(whole.substr(0, 100 + size))) << size;
  }
  EXPECT_EQ(responder_.calls(), 0);
}

TEST_F(ACollectedBody, IsDroppedWhenItsRequestIsAborted) {
  start();
  FastCgiClient web_server = client();
  web_server.send(head_of("/", 8) + record(FCGI_STDIN, "some") + record(FCGI_ABORT_REQUEST, ""));
  EXPECT_TRUE(web_server.answer().complete);
  EXPECT_EQ(responder_.calls(), 0);
  EXPECT_EQ(web_server.ask(get("/then")), "/then");
}

/// Its end may come later, or with the next request.
TEST_F(ACollectedBody, OfNoBytesIsCompleteBeforeItsEndComes) {
  responder_.stream("/stream");
  start(one_thread());
  FastCgiClient web_server = client();
  for (const char* uri : {"/", "/stream", "/", "/stream"}) {
    EXPECT_EQ(web_server.ask(head_of(uri, 0)), uri);
    web_server.send(record(FCGI_STDIN, ""));
    EXPECT_EQ(web_server.ask(get("/then")), "/then");
    EXPECT_EQ(web_server.ask(head_of(uri, 0)), uri);
  }
  EXPECT_EQ(responder_.refusals(), 0);
}

TEST_F(ACollectedBody, IsNotReadWithAContentLengthThatIsNotANumber) {
  responder_.on("/", [](Exchange& exchange) {
    EXPECT_TRUE(exchange.content_length_malformed());
    EXPECT_EQ(exchange.content_length(), 0u);
    exchange.write(body_error(exchange));
  });
  start();
  for (const char* wrong : {"12x", "-2", "+1", " 1", "0x10", "1.5"}) {
    EXPECT_THAT(client().ask(request({{"REQUEST_URI", "/"}, {"CONTENT_LENGTH", wrong}}, "a")),
                HasSubstr("is not a number of bytes"))
        << wrong;
  }
}

TEST_F(ACollectedBody, IsEmptyWithoutContentLength) {
  start();
  EXPECT_EQ(client().ask(request({{"REQUEST_URI", "/"}, {"CONTENT_LENGTH", ""}})), "/");
}

TEST_F(ACollectedBody, ThatAnnouncesNoLengthIsReadToItsEnd) {
  responder_.on("/", [](Exchange& exchange) {
    EXPECT_FALSE(exchange.content_length_malformed());
    EXPECT_EQ(exchange.content_length(), 0u);
    EXPECT_FALSE(exchange.body_too_large());
    exchange.write(read_all(exchange));
  });
  start({.limits = {.body = 200'000}});
  FastCgiClient web_server = client();
  for (const std::size_t size : {20'000u, 200'000u}) {
    const std::string body = test::pattern(size);
    EXPECT_TRUE(web_server.ask(request({{"REQUEST_URI", "/"}}, body)) == body);
    for (const char* none : {"", "-1"}) {
      const test::Params params = {{"REQUEST_URI", "/"}, {"CONTENT_LENGTH", none}};
      EXPECT_TRUE(web_server.ask(request(params, body)) == body);
    }
  }
}

TEST_F(ACollectedBody, ThatIsNotReadIsSkipped) {
  responder_.on("/unread", [](Exchange& exchange) { exchange.write("unread"); });
  start();
  FastCgiClient web_server = client();
  EXPECT_EQ(web_server.ask(post_to("/unread", std::string(300'000, 'b'))), "unread");
  EXPECT_EQ(web_server.ask(get("/then")), "/then");
}

TEST_F(ACollectedBody, MayEndInASegmentOfItsOwn) {
  start();
  FastCgiClient web_server = client();
  const std::string end = record(FCGI_STDIN, "");
  for (int i = 0; i < 3; ++i) {
    const std::string whole = get("/");
    web_server.send(whole.substr(0, whole.size() - end.size()));
    std::jthread later([&] { web_server.send(end); });
    EXPECT_EQ(web_server.answer().text, "/") << i;
  }
}

}  // namespace
}  // namespace shoal::fastcgi
