// A web server aborts a request, or leaves: what the container and the handler make of it.
#include <gmock/gmock.h>

#include "peers.hpp"

namespace shoal::system {
namespace {

using test::FastCgiClient;

class Aborts : public Peers {
 protected:
  explicit Aborts(const std::string& workers = "{ threads: 2, grace: 60s }")
      : Peers({.workers = workers}) {}

  static void abort(FastCgiClient& peer) { peer.send(test::record(FCGI_ABORT_REQUEST, "")); }

  /// Expects the end of a request; what was answered before it does not matter.
  static void expect_end(FastCgiClient& peer) { EXPECT_TRUE(peer.answer().complete); }
};

TEST_F(Aborts, EndARequestWhoseHeadIsIncomplete) {
  for (const std::string& head :
       {test::begin(true), test::begin(true) + test::record(FCGI_PARAMS, "\x04")}) {
    auto client = peer();
    client.send(head);
    abort(client);
    expect_end(client);
    expect_usable(client);
  }
}

TEST_F(Aborts, EndARequestWhoseBodyIsIncomplete) {
  for (const std::size_t size : {0, 1'000, 100'000}) {
    auto client = peer();
    client.send(post_head(1'000'000) + (size == 0 ? "" : part_of_body(body_of(size))));
    abort(client);
    expect_end(client);
    expect_usable(client);
  }
  EXPECT_EQ(calls(), "calls 0");
}

TEST_F(Aborts, AreSeenByTheHandlerThatRuns) {
  auto client = peer();
  for (const char* name : {"first", "second"}) {
    client.send(get_of("/transfers/waits-until-gone?at=" + at(name)));
    EXPECT_TRUE(eventually([&] { return created(std::string(name) + ".reached"); }));
    EXPECT_FALSE(created(std::string(name) + ".gone"));
    abort(client);
    EXPECT_TRUE(eventually([&] { return created(std::string(name) + ".gone"); }));
    expect_end(client);
    expect_usable(client);
  }
}

TEST_F(Aborts, AreSeenBehindTheEndOfABody) {
  auto client = peer();
  client.send(post_head(3, "/transfers/waits-until-gone?at=" + at("post")) + part_of_body("cod"));
  // Whether the container runs the handler before the end of the body is its own affair.
  expect_answers(4);
  client.send(end_of_body());
  EXPECT_TRUE(eventually([&] { return created("post.reached"); }));
  abort(client);
  EXPECT_TRUE(eventually([&] { return created("post.gone"); }));
  expect_end(client);
  expect_usable(client);
}

TEST_F(Aborts, CloseAConnectionThatIsNotKept) {
  auto client = peer();
  client.send(test::begin(false));
  abort(client);
  expect_end(client);
  EXPECT_TRUE(client.sees_close());
}

TEST_F(Aborts, OfARequestThatIsOverAreIgnored) {
  auto client = peer();
  for (int i = 0; i < 3; ++i) {
    expect_usable(client);
    abort(client);
  }
  expect_usable(client);
}

class AbortsInTheQueue : public Aborts {
 protected:
  AbortsInTheQueue() : Aborts("{ threads: 1, grace: 60s }") {}
};

TEST_F(AbortsInTheQueue, EndARequestThatWaitsForAThread) {
  auto holder = hold_thread();
  auto client = peer();
  send_until_read(client, get_of("/transfers/body"));
  abort(client);
  let_go_on();
  EXPECT_EQ(content(holder.answer()), "slow, but whole\n");
  expect_end(client);
  expect_usable(client);
}

class Gone : public Aborts {
 protected:
  /// Sends a request, closes the sending half of the connection, and returns what the handler sees.
  std::string seen_after_half_close(FastCgiClient client, const std::string& name) {
    client.send(get_of("/transfers/meets?at=" + at(name)));
    expect_waiting(name);
    client.finish_sending();
    let_go_on(name);
    return content(client.answer());
  }
};

TEST_F(Gone, IsNotAPeerThatHasClosedItsSendingHalf) {
  EXPECT_EQ(seen_after_half_close(peer(), "unix"), "there\n");
  EXPECT_EQ(seen_after_half_close(tcp_peer(), "tcp"), "there\n");
}

TEST_F(Gone, IsNotAPeerThatSendsItsNextRequest) {
  auto client = peer();
  client.send(get_of("/transfers/meets?at=" + at("first")));
  expect_waiting("first");
  client.send(get_of("/lone"));
  let_go_on("first");
  EXPECT_EQ(content(client.answer()), "there\n");
  EXPECT_EQ(content(client.answer()), "lone 1\n");
}

TEST_F(Gone, IsNotAPeerThatClosedItsSendingHalfWithTheRequest) {
  for (auto client :
       {std::function([this] { return peer(); }), std::function([this] { return tcp_peer(); })}) {
    auto half_closed = client();
    half_closed.send(post_of(body_of(10'000)));
    half_closed.finish_sending();
    EXPECT_THAT(content(half_closed.answer()), ::testing::EndsWith(read_of(body_of(10'000))));
  }
}

TEST_F(Gone, IsAPeerThatHasClosedItsConnection) {
  auto client = peer();
  client.send(get_of("/transfers/waits-until-gone?at=" + at("left")));
  EXPECT_TRUE(eventually([&] { return created("left.reached"); }));
  EXPECT_FALSE(created("left.gone"));
  client.leave();
  EXPECT_TRUE(eventually([&] { return created("left.gone"); }));
}

TEST_F(Gone, IsAPeerThatResetItsTcpConnection) {
  auto client = tcp_peer();
  client.send(get_of("/transfers/waits-until-gone?at=" + at("reset")));
  EXPECT_TRUE(eventually([&] { return created("reset.reached"); }));
  const linger at_once{1, 0};
  ::setsockopt(client.descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  client.leave();
  EXPECT_TRUE(eventually([&] { return created("reset.gone"); }));
}

}  // namespace
}  // namespace shoal::system
