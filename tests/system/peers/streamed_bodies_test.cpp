// Routes with `body: stream`: their handlers read a body while it comes.
#include <gmock/gmock.h>

#include "peers.hpp"

namespace shoal::system {
namespace {

using test::FastCgiClient;
using ::testing::EndsWith;
using ::testing::StartsWith;

class StreamedBodies : public Peers {
 protected:
  explicit StreamedBodies(const std::string& limits = "{ body: 1MiB }",
                          const std::string& route = "{ module: transfers, body: stream }")
      : Peers({.workers = "{ threads: 2, grace: 60s }", .limits = limits},
              ", /streamed: " + route) {}

  std::string head(std::optional<std::size_t> size, const std::string& name) const {
    return post_head(size, "/streamed/body?at=" + at(name));
  }

  void expect_called(const std::string& name) const {
    EXPECT_TRUE(eventually([&] { return created(name + ".reached"); })) << name;
  }

  void expect_read_so_far(const std::string& name, std::size_t bytes) const {
    EXPECT_TRUE(eventually([&] {
      return contents(here() / (name + ".read")) == std::to_string(bytes);
    })) << contents(here() / (name + ".read"));
  }
};

TEST_F(StreamedBodies, AreReadWhileTheyCome) {
  const std::string body = body_of(500'000);
  auto client = peer();
  client.send(head(body.size(), "upload"));
  expect_called("upload");
  std::size_t sent = 0;
  for (const std::size_t size : {1, 1'000, 100'000, 300'000}) {
    client.send(part_of_body(body.substr(sent, size)));
    expect_read_so_far("upload", sent += size);
  }
  EXPECT_THAT(ask(client, part_of_body(body.substr(sent)) + end_of_body()),
              EndsWith(read_of(body)));
  expect_usable(client);
}

TEST_F(StreamedBodies, AreTheSameForTheHandlerWhenTheyCameAtOnce) {
  for (const std::size_t size : {0, 1'000, 70'000, 1'048'576}) {
    auto client = tcp_peer();
    EXPECT_THAT(ask(client, head(size, "upload") + test::stream(FCGI_STDIN, body_of(size))),
                EndsWith(read_of(body_of(size))));
    EXPECT_THAT(ask(client, head({}, "upload") + test::stream(FCGI_STDIN, body_of(size))),
                EndsWith(read_of(body_of(size))));
    expect_usable(client);
  }
}

TEST_F(StreamedBodies, ThatStallHoldAtMostHalfOfTheThreads) {
  auto first = peer();
  first.send(head(10, "first"));
  expect_called("first");
  auto second = peer();
  send_until_read(second, head(10, "second") + part_of_body("x"));
  expect_answers();
  EXPECT_FALSE(created("second.reached")) << "it waits for its turn";
  EXPECT_THAT(ask(first, test::stream(FCGI_STDIN, body_of(10))), EndsWith(read_of(body_of(10))));
  expect_called("second");
  EXPECT_THAT(ask(second, test::stream(FCGI_STDIN, body_of(9))),
              EndsWith(read_of("x" + body_of(9))));
}

TEST_F(StreamedBodies, ThatGrowTooLargeGetStatus413) {
  auto client = peer();
  client.send(head({}, "upload") + test::stream(FCGI_STDIN, body_of((1 << 20) + 1)));
  EXPECT_THAT(client.answer().text, StartsWith("Status: 413 "));
  auto announced = peer();
  announced.send(head((1 << 20) + 1, "announced"));
  EXPECT_THAT(announced.answer().text, StartsWith("Status: 413 "));
  EXPECT_FALSE(created("announced.reached"));
}

TEST_F(StreamedBodies, ShorterThanAnnouncedGetStatus400) {
  auto client = peer();
  client.send(head(100, "upload") + test::stream(FCGI_STDIN, "too little"));
  EXPECT_THAT(client.answer().text, StartsWith("Status: 400 "));
  expect_usable(client);
}

TEST_F(StreamedBodies, OfAPeerThatLeavesFreeTheThread) {
  for (int i = 0; i < 4; ++i) {
    const std::string name = "upload" + std::to_string(i);
    auto client = peer();
    client.send(head(1'000, name));
    expect_called(name);
  }
  expect_answers(2);
}

TEST_F(StreamedBodies, OfARequestThatIsAbortedFreeTheThread) {
  auto client = peer();
  for (int i = 0; i < 4; ++i) {
    const std::string name = "upload" + std::to_string(i);
    client.send(head(1'000, name) + part_of_body("x"));
    expect_called(name);
    client.send(test::record(FCGI_ABORT_REQUEST, ""));
    EXPECT_TRUE(client.answer().complete);
  }
  expect_usable(client);
}

class ImpatientStreams : public StreamedBodies {
 protected:
  ImpatientStreams() : StreamedBodies("{ body: 1MiB, read_timeout: 1s }") {}
};

TEST_F(ImpatientStreams, ThatPauseGetStatus400) {
  auto client = peer();
  client.send(head(10, "upload") + part_of_body("x"));
  EXPECT_THAT(client.answer().text, StartsWith("Status: 400 "));
  expect_answers(4);
}

class BoundedStreams : public StreamedBodies {
 protected:
  BoundedStreams()
      : StreamedBodies("{ body: 1MiB }", "{ module: transfers, body: stream, threads: 2 }") {}
};

TEST_F(BoundedStreams, MayHoldAsManyThreadsAsTheRouteSays) {
  auto first = peer();
  auto second = peer();
  first.send(head(10, "first"));
  second.send(head(10, "second"));
  expect_called("first");
  expect_called("second");
  for (auto* each : {&first, &second}) {
    EXPECT_THAT(ask(*each, test::stream(FCGI_STDIN, body_of(10))), EndsWith(read_of(body_of(10))));
  }
}

}  // namespace
}  // namespace shoal::system
