// Peers that send slowly, or not all: they hold no thread, so two threads answer all others.
#include <gmock/gmock.h>

#include <list>

#include "apache.hpp"
#include "peers.hpp"

namespace shoal::system {
namespace {

using test::FastCgiClient;
using ::testing::Values;

/// A number of peers that are slow.
class SlowPeers : public Peers, public ::testing::WithParamInterface<std::size_t> {
 protected:
  explicit SlowPeers(const std::string& limits = "{ body: 1MiB }")
      : Peers({.workers = "{ threads: 2, grace: 60s }", .limits = limits}) {}

  /// Connects them; each sends these bytes.
  std::list<FastCgiClient> peers_that_send(const std::string& bytes) const {
    std::list<FastCgiClient> slow;
    while (slow.size() < GetParam()) {
      slow.push_back(slow.size() % 2 == 0 ? peer() : tcp_peer());
      EXPECT_TRUE(slow.back().send(bytes));
    }
    return slow;
  }

  static std::size_t silent(std::list<FastCgiClient>& peers) {
    return static_cast<std::size_t>(
        std::ranges::count_if(peers, [](const auto& each) { return each.is_open(); }));
  }
};

TEST_P(SlowPeers, ThatSendHalfAHeadHoldNoThread) {
  const std::string request = get_of("/lone");
  auto slow = peers_that_send(request.substr(0, request.size() / 2));
  expect_answers();
  EXPECT_EQ(silent(slow), slow.size()) << "they were still waited for";
  for (auto& each : slow) {
    ASSERT_EQ(ask(each, request.substr(request.size() / 2)), "lone 1\n") << "the other half";
  }
}

TEST_P(SlowPeers, ThatSendPartOfARecordHeaderHoldNoThread) {
  auto slow = peers_that_send(get_of("/lone").substr(0, 5));
  expect_answers();
  EXPECT_EQ(silent(slow), slow.size());
}

TEST_P(SlowPeers, ThatPostByteByByteHoldNoThread) {
  auto slow = peers_that_send(post_head(1'000'000) + part_of_body("x"));
  for (int i = 0; i < 5; ++i) {
    expect_answers(8);
    for (auto& each : slow) each.send(part_of_body("x"));
  }
  EXPECT_EQ(calls(), "calls 0") << "no handler runs before its body is complete";
}

TEST_P(SlowPeers, ThatAlternateBetweenHeadsAndBodiesHoldNoThread) {
  const std::string request = post_of(body_of(3'000));
  auto slow = peers_that_send(request.substr(0, 30));
  expect_answers(5);
  for (auto& each : slow) each.send(std::string_view(request).substr(30, 1'000));
  expect_answers(5);
  for (auto& each : slow) each.send(std::string_view(request).substr(1'030));
  for (auto& each : slow) {
    ASSERT_THAT(content(each.answer()), ::testing::EndsWith(read_of(body_of(3'000))));
  }
}

INSTANTIATE_TEST_SUITE_P(, SlowPeers, Values(8, 50, 500),
                         [](const auto& each) { return std::to_string(each.param); });

class ImpatientContainer : public Peers {
 protected:
  ImpatientContainer()
      : Peers({.workers = "{ threads: 2, grace: 60s }",
               .limits = "{ body: 1MiB, read_timeout: 1s }"}) {}
};

TEST_F(ImpatientContainer, ClosesAConnectionWhoseHeadPauses) {
  auto half = peer();
  half.send(get_of("/lone").substr(0, 40));
  EXPECT_TRUE(half.sees_close());
  expect_answers(2);
}

TEST_F(ImpatientContainer, ClosesAConnectionWhoseHeadComesByteByByte) {
  auto slow = peer();
  const std::string request = get_of("/lone");
  std::size_t sent = 0;
  EXPECT_TRUE(eventually([&] {
    return sent == request.size() || !slow.is_open() ||
           !slow.send(std::string_view(request).substr(sent++, 1)) ||
           (std::this_thread::sleep_for(std::chrono::milliseconds(100)), false);
  }));
  EXPECT_LT(sent, request.size()) << "limits.read_timeout is for all of a head";
  expect_answers(2);
}

/// Apache as shipped passes on bodies as they come.
class SlowVisitorsOfApache : public SlowPeers {
 protected:
  void SetUp() override {
    SlowPeers::SetUp();
    server_.emplace(here() / "apache", apache_over_unix(socket()));
  }

  void TearDown() override {
    if (server_) server_->stop();
    SlowPeers::TearDown();
  }

  /// A connection to Apache; the bytes are HTTP.
  FastCgiClient visitor() const {
    return FastCgiClient("127.0.0.1:" + std::to_string(server_->port()));
  }

  std::optional<Server> server_;
};

TEST_P(SlowVisitorsOfApache, ThatPostByteByByteHoldNoThread) {
  std::list<FastCgiClient> slow;
  while (slow.size() < GetParam()) {
    slow.push_back(visitor());
    slow.back().send(
        "POST /transfers/body HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
        "Content-Length: 1000000\r\n\r\nx");
  }
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(Visitor(server_->port()).get("/lone").body, "lone 1\n") << "visitor " << i;
    for (auto& each : slow) each.send("x");
  }
  expect_answers();
  EXPECT_EQ(calls(), "calls 0");
}

INSTANTIATE_TEST_SUITE_P(, SlowVisitorsOfApache, Values(8, 50),
                         [](const auto& each) { return std::to_string(each.param); });

}  // namespace
}  // namespace shoal::system
