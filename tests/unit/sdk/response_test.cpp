#include "unit/sdk/answering.hpp"

namespace shoal::test {
namespace {

using namespace std::string_literals;

class ResponseTest : public Answering {
 protected:
  /// Finishes the answer and returns all of it.
  std::string answer() {
    EXPECT_TRUE(finish());
    return exchange_.sent;
  }
};

TEST_F(ResponseTest, SendsHeadAndShortBodyInOneWrite) {
  response().text("hello\n");
  EXPECT_EQ(answer(),
            "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 6\r\n"
            "\r\nhello\n");
  EXPECT_EQ(exchange_.writes, 1);
  EXPECT_EQ(exchange_.flushes, 0);
}

TEST_F(ResponseTest, SendsNothingBeforeItIsFinished) {
  response().text("hello");
  EXPECT_EQ(exchange_.sent, "");
  EXPECT_FALSE(response().head_sent());
  finish();
  EXPECT_TRUE(response().head_sent());
}

TEST_F(ResponseTest, SendsNothingTwiceWhenFinishedTwice) {
  response().text("hello");
  const std::string once = answer();
  EXPECT_EQ(answer(), once);
}

TEST_F(ResponseTest, AnEmptyAnswerIsComplete) {
  EXPECT_EQ(answer(), "Status: 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(ResponseTest, SendsABodyWithoutATypeAsHtml) {
  response().write("<p>hi");
  EXPECT_THAT(answer(), HasSubstr("\r\nContent-Type: text/html; charset=utf-8\r\n"));
}

TEST_F(ResponseTest, SendsTheTypeOfHtml) {
  response().html("<p>");
  EXPECT_THAT(answer(), HasSubstr("\r\nContent-Type: text/html; charset=utf-8\r\n"));
}

TEST_F(ResponseTest, SendsTheTypeOfJsonWithoutACharset) {
  response().json("{}");
  EXPECT_THAT(answer(), HasSubstr("\r\nContent-Type: application/json\r\n"));
}

TEST_F(ResponseTest, KeepsTheTypeThatWasSetBefore) {
  response().header("content-type", "image/svg+xml").html("<svg/>");
  const std::string sent = answer();
  EXPECT_THAT(sent, HasSubstr("content-type: image/svg+xml\r\n"));
  EXPECT_THAT(sent, Not(HasSubstr("text/html")));
}

TEST_F(ResponseTest, KeepsTheTypeOfTheFirstPart) {
  response().text("a");
  response().html("b");
  const std::string sent = answer();
  EXPECT_THAT(sent, HasSubstr("text/plain"));
  EXPECT_THAT(sent, Not(HasSubstr("text/html")));
  EXPECT_THAT(sent, EndsWith("\r\n\r\nab"));
}

TEST_F(ResponseTest, SendsTheStandardPhraseOfAStatus) {
  EXPECT_EQ(response().status(), 200);
  EXPECT_EQ(response().status(404).status(), 404);
  EXPECT_THAT(answer(), StartsWith("Status: 404 Not Found\r\n"));
}

TEST_F(ResponseTest, NamesTheClassOfAnUnassignedStatus) {
  response().status(299);
  EXPECT_THAT(answer(), StartsWith("Status: 299 Success\r\n"));
}

TEST_F(ResponseTest, KnowsTheUsualStatuses) {
  const std::pair<int, const char*> usual[] = {{201, "Created"},
                                               {206, "Partial Content"},
                                               {301, "Moved Permanently"},
                                               {302, "Found"},
                                               {303, "See Other"},
                                               {304, "Not Modified"},
                                               {307, "Temporary Redirect"},
                                               {308, "Permanent Redirect"},
                                               {400, "Bad Request"},
                                               {401, "Unauthorized"},
                                               {403, "Forbidden"},
                                               {405, "Method Not Allowed"},
                                               {409, "Conflict"},
                                               {410, "Gone"},
                                               {413, "Content Too Large"},
                                               {415, "Unsupported Media Type"},
                                               {422, "Unprocessable Content"},
                                               {429, "Too Many Requests"},
                                               {500, "Internal Server Error"},
                                               {501, "Not Implemented"},
                                               {502, "Bad Gateway"},
                                               {503, "Service Unavailable"},
                                               {504, "Gateway Timeout"},
                                               {511, "Network Authentication Required"},
                                               {399, "Redirection"},
                                               {499, "Client Error"},
                                               {599, "Server Error"}};
  for (const auto& [code, phrase] : usual) {
    MemoryExchange exchange;
    const auto one = host::Access::make_response(exchange, false, "");
    one->status(code);
    host::Access::finish(*one);
    EXPECT_THAT(exchange.sent,
                StartsWith("Status: " + std::to_string(code) + ' ' + phrase + "\r\n"));
  }
}

TEST_F(ResponseTest, RefusesAStatusThatHandlersMayNotSend) {
  for (const int code : {-1, 0, 100, 101, 199, 600, 1000}) {
    EXPECT_THROW(response().status(code), std::invalid_argument) << code;
  }
  EXPECT_EQ(response().status(), 200);
}

TEST_F(ResponseTest, ReplacesAHeaderOfTheSameNameInAnyCase) {
  response().header("X-Tank", "1").header("X-Other", "o").header("x-tank", "2");
  const std::string sent = answer();
  EXPECT_THAT(sent, HasSubstr("\r\nx-tank: 2\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nX-Other: o\r\n"));
  EXPECT_THAT(sent, Not(HasSubstr("X-Tank: 1")));
}

TEST_F(ResponseTest, ComparesWholeHeaderNames) {
  response().header("X-Tank-Size", "9").header("X-Tank", "1");
  EXPECT_THAT(answer(), HasSubstr("\r\nX-Tank-Size: 9\r\nX-Tank: 1\r\n"));
}

TEST_F(ResponseTest, AcceptsEmptyAndNonAsciiValues) {
  response().header("X-Empty", "").header("X-Fish", "\xc3\xa9\t!");
  EXPECT_THAT(answer(), HasSubstr("\r\nX-Empty: \r\nX-Fish: \xc3\xa9\t!\r\n"));
}

TEST_F(ResponseTest, RefusesCharactersThatWouldSplitTheHead) {
  for (const std::string& value : {"a\r\nSet-Cookie: b=c"s, "a\nb"s, "a\rb"s, "a\0b"s, "\n"s}) {
    EXPECT_THROW(response().header("X-A", value), std::invalid_argument);
  }
  for (const std::string& name :
       {""s, "X A"s, "X:A"s, "X\r\nB"s, "X\0A"s, "X-\xc3\xa9"s, "(X)"s, "X;"s}) {
    EXPECT_THROW(response().header(name, "v"), std::invalid_argument);
  }
  EXPECT_EQ(answer(), "Status: 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(ResponseTest, KeepsTheOldValueWhenTheNewOneIsRefused) {
  response().header("X-A", "good");
  EXPECT_THROW(response().header("X-A", "bad\n"), std::invalid_argument);
  EXPECT_THAT(answer(), HasSubstr("X-A: good\r\n"));
}

TEST_F(ResponseTest, RefusesTheStatusAsAHeader) {
  EXPECT_THROW(response().header("status", "404 Not Found"), std::invalid_argument);
}

TEST_F(ResponseTest, RefusesAContentLengthThatIsNotANumber) {
  for (const char* value : {"", "-1", "1 ", "1,2", "many"}) {
    EXPECT_THROW(response().header("Content-Length", value), std::invalid_argument) << value;
  }
}

TEST_F(ResponseTest, CorrectsTheLengthOfAShortAnswer) {
  response().header("Content-Length", "99").text("four");
  const std::string sent = answer();
  EXPECT_THAT(sent, HasSubstr("Content-Length: 4\r\n"));
  EXPECT_THAT(sent, Not(HasSubstr("99")));
}

TEST_F(ResponseTest, PutsTheContainersLinesIntoEveryHead) {
  fixed_head_ = "X-Shoal-Generation: aquarium/12\r\nX-Two: 2\r\n";
  response().header("x-shoal-generation", "forged").header("X-Mine", "m").text("a");
  const std::string sent = answer();
  EXPECT_THAT(sent,
              StartsWith("Status: 200 OK\r\nX-Shoal-Generation: aquarium/12\r\nX-Two: 2\r\n"));
  EXPECT_THAT(sent, HasSubstr("X-Mine: m\r\n"));
  EXPECT_THAT(sent, Not(HasSubstr("forged")));
}

TEST_F(ResponseTest, SendsHeadTheLengthWithoutTheBody) {
  asks("HEAD");
  response().text("hello");
  EXPECT_EQ(
      answer(),
      "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(bytes_written(), 5u);
}

TEST_F(ResponseTest, SendsHeadTheLengthThatTheHandlerSets) {
  asks("HEAD");
  response().header("Content-Length", "123456");
  EXPECT_THAT(answer(), HasSubstr("Content-Length: 123456\r\n"));
}

TEST_F(ResponseTest, SendsHeadNoLengthWhenNothingWasWritten) {
  asks("HEAD");
  EXPECT_EQ(answer(), "Status: 200 OK\r\n\r\n");
}

TEST_F(ResponseTest, NoContentHasNeitherBodyNorLength) {
  response().header("Content-Length", "4").write("body");
  response().status(204);
  EXPECT_EQ(answer(), "Status: 204 No Content\r\n\r\n");
}

TEST_F(ResponseTest, NotModifiedHasNoBodyAndOnlyTheLengthItDeclares) {
  response().header("ETag", "\"a\"").status(304).write("body");
  EXPECT_EQ(answer(), "Status: 304 Not Modified\r\nETag: \"a\"\r\n\r\n");
}

TEST_F(ResponseTest, SendsTheBodyAfterAllWhenTheStatusChangesBack) {
  response().status(204).write("body");
  response().status(200);
  EXPECT_EQ(exchange_.sent, "");
  EXPECT_THAT(answer(), EndsWith("Content-Length: 4\r\n\r\nbody"));
}

TEST_F(ResponseTest, RedirectDiscardsTheBodySoFar) {
  response().header("X-Kept", "k").header("ETag", "e").header("Last-Modified", "l");
  response().cookie({.name = "session", .value = "1"}).status(404).html("secret");
  response().redirect("/login?next=%2F");
  EXPECT_EQ(answer(),
            "Status: 302 Found\r\nX-Kept: k\r\n"
            "Set-Cookie: session=1; Path=/; HttpOnly; SameSite=Lax\r\n"
            "Location: /login?next=%2F\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(bytes_written(), 0u);
}

TEST_F(ResponseTest, RedirectsWithTheCodesOfRedirectsOnly) {
  for (const int code : {301, 302, 303, 307, 308}) {
    response().redirect("/", code);
    EXPECT_EQ(response().status(), code);
  }
  for (const int code : {200, 300, 304, 305, 306, 404}) {
    EXPECT_THROW(response().redirect("/", code), std::invalid_argument) << code;
  }
}

TEST_F(ResponseTest, RefusesALocationWithControlCharactersAndKeepsTheAnswer) {
  response().text("kept");
  for (const std::string& location : {""s, "/\r\nX: y"s, "/\n"s, "/\0"s, "/\x7f"s, "/\t"s}) {
    EXPECT_THROW(response().redirect(location), std::invalid_argument);
  }
  EXPECT_EQ(response().status(), 200);
  EXPECT_THAT(answer(), EndsWith("kept"));
}

TEST_F(ResponseTest, ErrorReplacesTheBodyByAPage) {
  response().header("Content-Encoding", "gzip").header("Allow", "GET").json("{\"secret\":");
  response().error(405, "Use <GET> & \"wait\".");
  const std::string sent = answer();
  EXPECT_THAT(sent, StartsWith("Status: 405 Method Not Allowed\r\nAllow: GET\r\nContent-Type: "
                               "text/html; charset=utf-8\r\nContent-Length: "));
  EXPECT_THAT(sent, HasSubstr("<title>405 Method Not Allowed</title>"));
  EXPECT_THAT(sent, HasSubstr("<h1>405 Method Not Allowed</h1>"));
  EXPECT_THAT(sent, HasSubstr("<p>Use &lt;GET&gt; &amp; &quot;wait&quot;.</p>"));
  EXPECT_THAT(sent, Not(HasSubstr("secret")));
  EXPECT_THAT(sent, Not(HasSubstr("gzip")));
  EXPECT_THAT(sent, HasSubstr("Content-Length: " + std::to_string(exchange_.body().size())));
}

TEST_F(ResponseTest, ErrorWorksWithoutAMessage) {
  response().error(500);
  EXPECT_THAT(answer(), Not(HasSubstr("<p>")));
}

TEST_F(ResponseTest, ErrorRefusesOtherCodes) {
  for (const int code : {0, 200, 302, 399, 600}) {
    EXPECT_THROW(response().error(code), std::invalid_argument) << code;
  }
}

TEST_F(ResponseTest, ErrorSendsHeadNoPage) {
  asks("HEAD");
  response().error(404);
  const std::string sent = answer();
  EXPECT_THAT(sent, EndsWith("\r\n\r\n"));
  EXPECT_THAT(sent, HasSubstr("Content-Length: "));
}

TEST_F(ResponseTest, ResetDiscardsAllOfAFailedHandler) {
  fixed_head_ = "X-Fixed: f\r\n";
  response().header("Cache-Control", "public").cookie({.name = "a", .value = "b"});
  response().status(201).json("{");
  host::Access::reset(response());
  EXPECT_EQ(bytes_written(), 0u);
  EXPECT_EQ(answer(), "Status: 200 OK\r\nX-Fixed: f\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(ResponseTest, CountsTheBytesOfTheBodyOnly) {
  response().text("four");
  response().write("five5");
  EXPECT_EQ(bytes_written(), 9u);
  finish();
  EXPECT_EQ(bytes_written(), 9u);
}

TEST(EscapeHtml, MakesTextSafeInElementsAndQuotedAttributes) {
  EXPECT_EQ(escape_html("<a href=\"x\" b='y'>&amp;</a>"),
            "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
  EXPECT_EQ(escape_html(""), "");
  EXPECT_EQ(escape_html("plain \xc3\xa9"), "plain \xc3\xa9");
  EXPECT_EQ(escape_html("a\0b"s), "a\0b"s);
}

}  // namespace
}  // namespace shoal::test
