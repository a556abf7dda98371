// Bodies are collected before a thread is taken, within bounds.
#include <gmock/gmock.h>

#include "peers.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using test::FastCgiClient;
using ::testing::EndsWith;
using ::testing::StartsWith;

class Bodies : public Peers {
 protected:
  explicit Bodies(const std::string& limits = "{ body: 1MiB }")
      : Peers({.workers = "{ threads: 2, grace: 60s }", .limits = limits}) {}

  /// Returns how many files without a name the worker has open below the run folder.
  std::size_t body_files() const {
    const fs::directory_iterator all("/proc/" + std::to_string(worker()) + "/fd");
    return static_cast<std::size_t>(std::count_if(begin(all), end(all), [&](const auto& entry) {
      std::error_code gone;
      const std::string target = fs::read_symlink(entry.path(), gone).native();
      return target.starts_with((here() / "run").native()) && target.ends_with(" (deleted)");
    }));
  }
};

TEST_F(Bodies, AreCompleteBeforeTheHandlerRuns) {
  for (const std::size_t size : {2, 1'000, 60'000, 70'000, 600'000}) {
    const std::string body = body_of(size);
    const std::string before = calls();
    auto client = peer();
    send_until_read(client, post_head(size) + part_of_body(body.substr(0, size / 2)));
    expect_answers(4);
    EXPECT_EQ(calls(), before);
    EXPECT_THAT(ask(client, test::stream(FCGI_STDIN, body.substr(size / 2))),
                EndsWith(read_of(body)));
    expect_usable(client);
  }
}

TEST_F(Bodies, OfManySizesArriveAsTheyWereSent) {
  auto unix_client = peer();
  auto tcp_client = tcp_peer();
  for (const std::size_t size :
       {0, 1, 8'191, 8'192, 16'384, 65'535, 65'536, 65'537, 131'072, 1'000'000, 1'048'576}) {
    const std::string body = body_of(size);
    EXPECT_THAT(ask(unix_client, post_of(body)), EndsWith(read_of(body)));
    EXPECT_THAT(ask(tcp_client, post_of(body)), EndsWith(read_of(body)));
  }
}

TEST_F(Bodies, MayComeWithoutALength) {
  for (const std::size_t size : {0, 1'000, 600'000}) {
    const std::string body = body_of(size);
    auto client = peer();
    EXPECT_THAT(ask(client, post_head({}) + test::stream(FCGI_STDIN, body)),
                EndsWith(read_of(body)));
    expect_usable(client);
  }
}

TEST_F(Bodies, ThatAreLargeLieInAFileWithoutAName) {
  const std::string body = body_of(600'000);
  const std::size_t before = body_files();
  auto client = peer();
  client.send(post_head(body.size()) + part_of_body(body.substr(0, 300'000)));
  EXPECT_TRUE(eventually([&] { return body_files() == before + 1; }));
  EXPECT_THAT(ask(client, test::stream(FCGI_STDIN, body.substr(300'000))), EndsWith(read_of(body)));
  EXPECT_TRUE(eventually([&] { return body_files() == before; }));
}

TEST_F(Bodies, OfPeersThatLeaveLeaveNoFile) {
  const std::size_t before = body_files();
  {
    auto client = peer();
    client.send(post_head(1'000'000) + part_of_body(body_of(300'000)));
    EXPECT_TRUE(eventually([&] { return body_files() == before + 1; }));
  }
  EXPECT_TRUE(eventually([&] { return body_files() == before; }));
}

TEST_F(Bodies, ThatAreSmallLieInMemory) {
  const std::size_t before = body_files();
  auto client = peer();
  send_until_read(client, post_head(64'000) + part_of_body(body_of(63'000)));
  expect_answers(4);
  EXPECT_EQ(body_files(), before);
}

TEST_F(Bodies, ThatAreAnnouncedTooLargeAreRefusedBeforeTheyCome) {
  auto client = peer();
  client.send(post_head((1 << 20) + 1));
  EXPECT_THAT(client.answer().text, StartsWith("Status: 413 "));
  auto endless = peer();
  endless.send(post_head(std::size_t{1} << 62));
  EXPECT_THAT(endless.answer().text, StartsWith("Status: 413 "));
  EXPECT_EQ(calls(), "calls 0");
}

TEST_F(Bodies, ThatGrowTooLargeAreRefusedBeforeTheyEnd) {
  auto client = peer();
  client.send(post_head({}) + part_of_body(body_of((1 << 20) + 1)));
  EXPECT_THAT(client.answer().text, StartsWith("Status: 413 "));
  EXPECT_EQ(calls(), "calls 0") << "no handler runs";
}

TEST_F(Bodies, ShorterThanAnnouncedGetStatus400) {
  auto client = peer();
  EXPECT_THAT(client.ask(post_head(100) + test::stream(FCGI_STDIN, "too little")),
              StartsWith("Status: 400 "));
  expect_usable(client);
}

TEST_F(Bodies, ThatComeTooSlowlyGetStatus408AndAreClosed) {
  auto slow = peer();
  auto steady = peer();
  slow.send(post_head(1'000'000) + part_of_body("x"));
  steady.send(post_head({}));
  std::size_t steadily = 0;
  EXPECT_TRUE(eventually([&] {
    slow.send(part_of_body("x"));
    steady.send(part_of_body(std::string(1'000, 'x')));
    steadily += 1'000;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return !slow.is_open();
  })) << "slower than 500 bytes a second over 10 seconds";
  EXPECT_THAT(slow.answer().text, StartsWith("Status: 408 "));
  EXPECT_TRUE(slow.sees_close());
  EXPECT_THAT(ask(steady, end_of_body()), EndsWith(read_of(std::string(steadily, 'x'))));
}

class BodiesWithATimeout : public Bodies {
 protected:
  BodiesWithATimeout() : Bodies("{ body: 1MiB, body_timeout: 1s }") {}
};

TEST_F(BodiesWithATimeout, ThatTakeTooLongGetStatus408AndAreClosed) {
  for (const std::size_t size : {0, 1'000, 300'000}) {
    auto slow = peer();
    slow.send(post_head(1'000'000) + (size == 0 ? "" : part_of_body(body_of(size))));
    EXPECT_THAT(slow.answer().text, StartsWith("Status: 408 "));
    EXPECT_TRUE(slow.sees_close());
  }
  EXPECT_EQ(calls(), "calls 0");
}

class BodiesInAll : public Bodies {
 protected:
  BodiesInAll() : Bodies("{ body: 1MiB, bodies: 1MiB }") {}
};

TEST_F(BodiesInAll, BeyondTheirLimitGetStatus503) {
  const std::string body = body_of(700'000);
  auto first = peer();
  send_until_read(first, post_head(body.size()) + part_of_body(body.substr(0, 690'000)));
  {
    auto second = peer();
    second.send(post_of(body));
    EXPECT_THAT(second.answer().text, StartsWith("Status: 503 "));
  }
  expect_answers(4);
  EXPECT_EQ(calls(), "calls 0");
  EXPECT_THAT(ask(first, test::stream(FCGI_STDIN, body.substr(690'000))), EndsWith(read_of(body)));
  auto third = peer();
  EXPECT_THAT(ask(third, post_of(body)), EndsWith(read_of(body))) << "there is room again";
}

}  // namespace
}  // namespace shoal::system
