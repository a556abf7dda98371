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

/// Tests that speak to the container as a web server does, or as a bad one would.
class Peers : public Site {
 protected:
  void SetUp() override {
    drop("1");
    drop("plain");
    start();
  }

  test::FastCgiClient peer() const { return test::FastCgiClient("unix:" + socket().native()); }

  static std::string ask_for(const std::string& path) {
    return test::request({{"SCRIPT_NAME", path}, {"REQUEST_METHOD", "GET"}});
  }
};

TEST_F(Peers, FiveHundredWhoKeepIdleConnectionsDelayNobody) {
  std::list<test::FastCgiClient> idle;
  while (idle.size() < 500) {
    idle.push_back(peer());
    ASSERT_THAT(idle.back().ask(ask_for("/lone")), HasSubstr("lone 1\n")) << idle.size();
  }
  Clients clients(port(), 8, {"/", "/about"}, not_whole);
  clients.ask_for(200);
  const auto [requests, failed, problems] = clients.stop();
  EXPECT_GE(requests, 200u);
  EXPECT_EQ(failed, 0u) << "of " << requests << ": " << ::testing::PrintToString(problems);
  for (auto& each : idle) {
    ASSERT_TRUE(each.is_open());
    ASSERT_THAT(each.ask(ask_for("/lone")), HasSubstr("lone 1\n")) << "kept, and good for more";
  }
}

TEST_F(Peers, WhoOpenConnectionsAndSayNothingDelayNobody) {
  std::list<test::FastCgiClient> silent;
  while (silent.size() < 100) silent.push_back(peer());
  Clients clients(port(), 8, {"/"}, not_whole);
  clients.ask_for(100);
  const auto [requests, failed, problems] = clients.stop();
  EXPECT_GE(requests, 100u);
  EXPECT_EQ(failed, 0u) << "of " << requests << ": " << ::testing::PrintToString(problems);
}

TEST_F(Peers, WhoSendLessBodyThanAnnouncedAreRefused) {
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

TEST_F(Peers, WhoSeeAnAnswerFailHalfwayCannotTakeItForComplete) {
  auto client = peer();
  client.send(ask_for("/answers/throws-late"));
  const auto answer = client.answer();
  EXPECT_THAT(answer.text, HasSubstr("the first half of it"));
  EXPECT_FALSE(answer.complete);
}

TEST_F(Peers, WhoLeaveInTheMiddleOfALongAnswerHarmNobody) {
  for (int i = 0; i < 20; ++i) {
    auto client = peer();
    client.send(ask_for("/answers/long"));
    EXPECT_TRUE(client.receive().has_value());
    client.leave();
  }
  EXPECT_EQ(get("/lone").body, "lone 1\n");
}

TEST_F(Peers, WhoSpeakNoFastCgiAreLeft) {
  auto client = peer();
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(client.sees_close());
  EXPECT_EQ(get("/lone").body, "lone 1\n");
}

TEST_F(Peers, WhoAskOneAfterTheOtherAreAnsweredOnOneConnection) {
  auto client = peer();
  for (int i = 0; i < 50; ++i) {
    EXPECT_THAT(client.ask(ask_for("/lone")), HasSubstr("lone 1\n"));
    EXPECT_THAT(client.ask(ask_for("/nowhere")), StartsWith("Status: 404 "));
    EXPECT_THAT(client.ask(ask_for("/answers/throws")), StartsWith("Status: 500 "));
  }
}

TEST_F(Peers, WhoDoNotKeepTheConnectionSeeItClose) {
  auto client = peer();
  client.send(test::request({{"SCRIPT_NAME", "/lone"}, {"REQUEST_METHOD", "GET"}}, "", false));
  EXPECT_THAT(client.answer().text, HasSubstr("lone 1\n"));
  EXPECT_TRUE(client.sees_close());
}

}  // namespace
}  // namespace shoal::system
