#include "supervisor/health_request.hpp"

#include <gmock/gmock.h>

namespace shoal::supervisor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::string_literals;

std::string path_in(const std::string& arrived) {
  const auto request = read_health_request(arrived);
  if (!request) return "incomplete";
  return request->refusal == 0 ? request->path : std::to_string(request->refusal);
}

TEST(HealthRequests, AreReadAsWebServersAndCurlWriteThem) {
  EXPECT_EQ(path_in("GET /live HTTP/1.1\r\nHost: x\r\nUser-Agent: curl\r\n\r\n"), "/live");
  EXPECT_EQ(path_in("GET /ready HTTP/1.0\r\n\r\n"), "/ready");
  EXPECT_EQ(path_in("GET /ready?verbose=1 HTTP/1.1\r\n\r\n"), "/ready");
  EXPECT_EQ(path_in("GET http://10.0.0.7:9001/ready HTTP/1.1\r\n\r\n"), "/ready");
  EXPECT_EQ(path_in("GET /ready HTTP/1.1\n\n"), "/ready");
  EXPECT_EQ(path_in("GET / HTTP/1.1\r\n\r\n"), "/");
  EXPECT_FALSE(read_health_request("GET /live HTTP/1.1\r\n\r\n")->head_only);
  EXPECT_TRUE(read_health_request("HEAD /live HTTP/1.1\r\n\r\n")->head_only);
}

TEST(HealthRequests, AreIncompleteAtEveryByteBeforeTheLast) {
  const std::string whole = "GET /live HTTP/1.1\r\nHost: x\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(path_in(whole.substr(0, size)), "incomplete") << size;
  }
  EXPECT_EQ(path_in(whole), "/live");
}

TEST(HealthRequests, WhatFollowsTheHeadIsSkipped) {
  const std::string one = "GET /live HTTP/1.1\r\n\r\n";
  EXPECT_EQ(path_in(one + "GET /ready HTTP/1.1\r\n\r\n"), "/live");
  EXPECT_EQ(path_in(one + std::string(100'000, '\0')), "/live");
}

TEST(HealthRequests, OtherMethodsAndVersionsAreRefusedByTheirStatus) {
  for (const char* method : {"POST", "PUT", "OPTIONS", "CONNECT", "GETT"}) {
    EXPECT_EQ(path_in(method + " /live HTTP/1.1\r\n\r\n"s), "405") << method;
  }
  EXPECT_EQ(path_in("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "505");
  EXPECT_EQ(path_in("GET /live HTTP/9.9\r\n\r\n"), "505");
}

TEST(HealthRequests, NonsenseIsABadRequest) {
  for (const std::string& line :
       {""s, " "s, "GET"s, "GET /live"s, "GET  HTTP/1.1"s, "GET /live HTTP/1.1 "s,
        "get /live HTTP/1.1"s, "GET /li ve HTTP/1.1"s, "GET\t/live\tHTTP/1.1"s,
        " GET /live HTTP/1.1"s, "GET /live FTP/1.1"s, "GET /live HTTP/1.1\r"s,
        "GET /li\0ve HTTP/1.1"s, "\0\0\0"s, "G\0T /live HTTP/1.1"s, "GET /l\xc3\xa4ve HTTP/1.1"s,
        "GET /live\x7f HTTP/1.1"s, "\x16\x03\x01\x02\x00\x01"s, std::string(8000, 'A')}) {
    EXPECT_EQ(path_in(line + "\r\n\r\n"), "400") << line;
  }
}

TEST(HealthRequests, ALongHeadIsRefusedWithoutItsEnd) {
  const std::string begin = "GET /live HTTP/1.1\r\nX: ";
  const std::string longest =
      begin + std::string(kLongestHead - begin.size() - 4, 'x') + "\r\n\r\n";
  EXPECT_EQ(longest.size(), kLongestHead);
  EXPECT_EQ(path_in(longest), "/live");
  EXPECT_EQ(path_in(begin + std::string(kLongestHead, 'x') + "\r\n\r\n"), "431");
  EXPECT_EQ(path_in(begin + std::string(kLongestHead, 'x')), "431");
  EXPECT_EQ(path_in(std::string(kLongestHead, '\0')), "431");
  EXPECT_EQ(path_in(std::string(kLongestHead - 1, '\0')), "incomplete");
}

TEST(HealthAnswers, TellTheirLengthAndCloseTheConnection) {
  const std::string answer = health_answer(503, "starting", false);
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 9\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\nstarting\n"));
  EXPECT_THAT(answer, Not(HasSubstr("Allow")));
}

TEST(HealthAnswers, ToHeadHaveNoBody) {
  const std::string answer = health_answer(200, "live", true);
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 5\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST(HealthAnswers, NameTheMethodsThatAreAllowed) {
  EXPECT_THAT(health_answer(405, "no", false), HasSubstr("\r\nAllow: GET, HEAD\r\n"));
}

}  // namespace
}  // namespace shoal::supervisor
