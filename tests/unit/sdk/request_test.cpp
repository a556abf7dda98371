#include <array>

#include "unit/sdk/answering.hpp"

namespace shoal::test {
namespace {

using namespace std::string_literals;

class RequestTest : public Answering {};

TEST_F(RequestTest, HasMethodPathAndAddress) {
  asks("PATCH");
  path_ = "/shop/item/3";
  path_info_ = "/3";
  exchange_.params["REMOTE_ADDR"] = "192.0.2.7";
  EXPECT_EQ(request().method(), "PATCH");
  EXPECT_EQ(request().path(), "/shop/item/3");
  EXPECT_EQ(request().path_info(), "/3");
  EXPECT_EQ(request().remote_address(), "192.0.2.7");
}

TEST_F(RequestTest, IsEmptyWithoutVariablesOfTheWebServer) {
  EXPECT_EQ(request().method(), "");
  EXPECT_EQ(request().remote_address(), "");
  EXPECT_EQ(request().header("Host"), std::nullopt);
  EXPECT_EQ(request().param("SERVER_NAME"), std::nullopt);
}

TEST_F(RequestTest, FindsHeadersByNameInAnyCase) {
  exchange_.params["HTTP_USER_AGENT"] = "fish/1";
  EXPECT_THAT(request().header("User-Agent"), Optional("fish/1"s));
  EXPECT_THAT(request().header("user-agent"), Optional("fish/1"s));
  EXPECT_THAT(request().header("USER-AGENT"), Optional("fish/1"s));
  EXPECT_EQ(request().header("User"), std::nullopt);
}

TEST_F(RequestTest, FindsTheTwoHeadersThatCgiDoesNotPrefix) {
  exchange_.params["CONTENT_TYPE"] = "text/plain";
  exchange_.params["CONTENT_LENGTH"] = "7";
  EXPECT_THAT(request().header("content-type"), Optional("text/plain"s));
  EXPECT_THAT(request().header("Content-Length"), Optional("7"s));
}

TEST_F(RequestTest, TreatsThoseTwoAsAbsentWhenTheyAreEmpty) {
  exchange_.params["CONTENT_TYPE"] = "";
  exchange_.params["CONTENT_LENGTH"] = "";
  exchange_.params["HTTP_X_EMPTY"] = "";
  EXPECT_EQ(request().header("Content-Type"), std::nullopt);
  EXPECT_EQ(request().header("Content-Length"), std::nullopt);
  EXPECT_THAT(request().header("X-Empty"), Optional(""s));
  EXPECT_EQ(request().body().length(), 0u);
}

TEST_F(RequestTest, DoesNotFindCgiVariablesAsHeaders) {
  exchange_.params["SERVER_NAME"] = "example.org";
  EXPECT_EQ(request().header("Server-Name"), std::nullopt);
  EXPECT_THAT(request().param("SERVER_NAME"), Optional("example.org"s));
}

TEST_F(RequestTest, FindsNothingUnderHostileNames) {
  for (const std::string& name : {""s, "\0"s, "a\r\nb"s, std::string(100'000, 'x'), "\xff"s}) {
    EXPECT_EQ(request().header(name), std::nullopt);
    EXPECT_EQ(request().cookie(name), std::nullopt);
  }
}

TEST_F(RequestTest, ReadsItsBodyOnceFromBeginningToEnd) {
  exchange_.receive("abcdefg");
  EXPECT_EQ(request().body().length(), 7u);
  std::array<char, 3> buffer;
  EXPECT_EQ(request().body().read(buffer), 3u);
  EXPECT_EQ(std::string(buffer.data(), 3), "abc");
  EXPECT_EQ(request().body().read_all(), "defg");
  EXPECT_EQ(request().body().read(buffer), 0u);
  EXPECT_EQ(request().body().read_all(), "");
}

TEST_F(RequestTest, ReadsAllOfALargeBodyInPieces) {
  std::string large;
  for (int i = 0; i < 100'000; ++i) large += std::to_string(i);
  exchange_.receive(large);
  exchange_.piece = 1000;
  EXPECT_EQ(request().body().read_all(), large);
}

TEST_F(RequestTest, ThrowsWhenTheBodyIsTruncated) {
  exchange_.receive_truncated("abc", 10);
  EXPECT_EQ(request().body().length(), 10u);
  EXPECT_THROW(request().body().read_all(), BodyError);
}

TEST_F(RequestTest, HasNoBodyWhenNoneIsAnnounced) {
  EXPECT_EQ(request().body().length(), 0u);
  EXPECT_EQ(request().body().read_all(), "");
}

TEST_F(RequestTest, TreatsAnInvalidLengthAsZero) {
  for (const char* length : {"-1", "+5", "5x", "abc", " 5", "99999999999999999999999"}) {
    exchange_.params["CONTENT_LENGTH"] = length;
    EXPECT_EQ(request().body().length(), 0u) << length;
  }
  exchange_.params["CONTENT_LENGTH"] = "18446744073709551615";
  EXPECT_EQ(request().body().length(), 18446744073709551615u);
}

TEST_F(RequestTest, KnowsWhenTheClientHasGone) {
  EXPECT_FALSE(request().client_gone());
  exchange_.gone = true;
  EXPECT_TRUE(request().client_gone());
}

}  // namespace
}  // namespace shoal::test
