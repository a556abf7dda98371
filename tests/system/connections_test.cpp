#include <gmock/gmock.h>

#include <list>

#include "eventually.hpp"
#include "site.hpp"
#include "unit/fastcgi/fastcgi_client.hpp"

namespace shoal::system {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Speaks FastCGI to the container, as a web server does or as a faulty one would.
class Connections : public Site {
 protected:
  void SetUp() override {
    drop("1");
    drop("plain");
    start();
  }

  test::FastCgiClient peer() const { return test::FastCgiClient("unix:" + socket().native()); }

  static std::string get_request(const std::string& path) {
    return test::request({{"SCRIPT_NAME", path}, {"REQUEST_METHOD", "GET"}});
  }
};

TEST_F(Connections, FiveHundredThatAreIdleDelayNoRequest) {
  std::list<test::FastCgiClient> idle;
  while (idle.size() < 500) {
    idle.push_back(peer());
    ASSERT_THAT(idle.back().ask(get_request("/lone")), HasSubstr("lone 1\n")) << idle.size();
  }
  Visitors visitors(port(), 8, {"/", "/about"}, check_page);
  visitors.wait_for_responses(200);
  EXPECT_GE(expect_no_failure(visitors).requests, 200u);
  for (auto& each : idle) {
    ASSERT_TRUE(each.is_open());
    ASSERT_THAT(each.ask(get_request("/lone")), HasSubstr("lone 1\n"))
        << "an idle connection still works";
  }
}

TEST_F(Connections, WithoutARequestDelayNoOthers) {
  std::list<test::FastCgiClient> silent;
  while (silent.size() < 100) silent.push_back(peer());
  Visitors visitors(port(), 8, {"/"}, check_page);
  visitors.wait_for_responses(100);
  EXPECT_GE(expect_no_failure(visitors).requests, 100u);
}

TEST_F(Connections, WithABodyShorterThanAnnouncedGetStatus400) {
  auto client = peer();
  client.send(test::request({{"SCRIPT_NAME", "/echo"},
                             {"REQUEST_METHOD", "POST"},
                             {"CONTENT_TYPE", "text/plain"},
                             {"CONTENT_LENGTH", "100"}},
                            "too little"));
  const auto answer = client.answer();
  EXPECT_THAT(answer.text, StartsWith("Status: 400 "));
  EXPECT_THAT(answer.text, Not(HasSubstr("too little")));
  EXPECT_THAT(log(), HasSubstr("echo (echo/1): "));
}

TEST_F(Connections, DoNotEndAResponseThatFailsHalfwayAsIfItWereComplete) {
  auto client = peer();
  client.send(get_request("/answers/throws-late"));
  const auto answer = client.answer();
  EXPECT_THAT(answer.text, HasSubstr("the first half of it"));
  EXPECT_FALSE(answer.complete);
}

TEST_F(Connections, ThatCloseDuringALongResponseDoNoHarm) {
  for (int i = 0; i < 20; ++i) {
    auto client = peer();
    client.send(get_request("/answers/long"));
    EXPECT_TRUE(client.receive().has_value());
    client.leave();
  }
  EXPECT_EQ(get("/lone").body, "lone 1\n");
}

TEST_F(Connections, ThatDoNotSpeakFastCgiAreClosed) {
  auto client = peer();
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(client.sees_close());
  EXPECT_EQ(get("/lone").body, "lone 1\n");
}

TEST_F(Connections, ServeOneRequestAfterTheOther) {
  auto client = peer();
  for (int i = 0; i < 50; ++i) {
    EXPECT_THAT(client.ask(get_request("/lone")), HasSubstr("lone 1\n"));
    EXPECT_THAT(client.ask(get_request("/nowhere")), StartsWith("Status: 404 "));
    EXPECT_THAT(client.ask(get_request("/answers/throws")), StartsWith("Status: 500 "));
  }
}

TEST_F(Connections, ThatAreNotKeptAreClosedAfterTheResponse) {
  auto client = peer();
  client.send(test::request({{"SCRIPT_NAME", "/lone"}, {"REQUEST_METHOD", "GET"}}, "", false));
  EXPECT_THAT(client.answer().text, HasSubstr("lone 1\n"));
  EXPECT_TRUE(client.sees_close());
}

}  // namespace
}  // namespace shoal::system
