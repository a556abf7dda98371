// Peers that do not read their answers.
#include <gmock/gmock.h>

#include <list>
#include <thread>

#include "peers.hpp"

namespace shoal::system {
namespace {

using test::FastCgiClient;

/// Peers of a container with one thread.
class SlowReaders : public Peers {
 protected:
  explicit SlowReaders(const std::string& limits = "{ body: 1MiB }",
                       const std::string& log = "{ level: debug, file: stderr }")
      : Peers({.workers = "{ threads: 1, grace: 60s }", .limits = limits, .log = log}) {}

  /// More than the buffer of a unix socket takes, and not more than the container holds beyond it.
  static constexpr std::size_t kLong = 400'000;

  /// Asks for a long answer and reads nothing of it. Returns when its handler has ended.
  FastCgiClient reader(const std::string& name, std::size_t bytes = kLong) const {
    auto slow = peer();
    slow.send(long_request(name, bytes));
    EXPECT_TRUE(eventually([&] { return created(name + ".written"); })) << name;
    return slow;
  }

  /// Returns true if the container has closed the connection, even if more can be read from it.
  static bool was_closed(const FastCgiClient& client) {
    pollfd own{client.descriptor(), POLLRDHUP, 0};
    return ::poll(&own, 1, 0) == 1;
  }

  std::string long_request(const std::string& name, std::size_t bytes) const {
    return get_of("/transfers/long?bytes=" + std::to_string(bytes) + "&at=" + at(name));
  }
};

TEST_F(SlowReaders, OfFinishedAnswersHoldNoThread) {
  std::list<FastCgiClient> slow;
  for (const char* name : {"a", "b", "c", "d", "e"}) slow.push_back(reader(name));
  expect_answers();
  for (auto& each : slow) {
    ASSERT_EQ(content(each.answer()), std::string(kLong, 'x'));
    expect_usable(each);
  }
}

TEST_F(SlowReaders, MaySendFurtherRequestsMeanwhile) {
  auto slow = reader("long");
  slow.send(get_of("/lone") + post_of("cod"));
  expect_answers(4);
  EXPECT_EQ(content(slow.answer()), std::string(kLong, 'x'));
  EXPECT_EQ(content(slow.answer()), "lone 1\n");
  EXPECT_THAT(content(slow.answer()), ::testing::EndsWith(read_of("cod")));
}

TEST_F(SlowReaders, OfAnswersOnConnectionsThatAreNotKeptGetAllOfThem) {
  auto slow = peer();
  slow.send(test::request(
      params("/transfers/long?bytes=" + std::to_string(kLong) + "&at=" + at("last")), "", false));
  EXPECT_TRUE(eventually([&] { return created("last.written"); }));
  expect_answers(4);
  EXPECT_EQ(content(slow.answer()), std::string(kLong, 'x'));
  EXPECT_TRUE(slow.sees_close());
}

TEST_F(SlowReaders, ThatLeaveDoNoHarm) {
  for (int i = 0; i < 10; ++i) reader("left" + std::to_string(i));
  expect_answers();
}

TEST_F(SlowReaders, AreCutWhenTheirAnswersTakeTooMuchMemory) {
  std::list<FastCgiClient> slow;
  const auto closed = [&] {
    return std::ranges::count_if(slow, [](const auto& each) { return was_closed(each); });
  };
  for (int i = 0; i < 2'000 && closed() == 0; ++i) {
    slow.push_back(reader("long" + std::to_string(i)));
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GE(closed(), 1);
  expect_answers();
  EXPECT_EQ(content(slow.back().answer()), std::string(kLong, 'x')) << "the slowest was cut";
}

TEST_F(SlowReaders, GetTheirAnswersBeforeTheContainerStops) {
  auto slow = reader("long");
  container().send(SIGTERM);
  ASSERT_TRUE(eventually([&] { return said("stopping: ") == 1; }));
  EXPECT_EQ(content(slow.answer()), std::string(kLong, 'x'));
  EXPECT_EQ(container().wait(), 0);
}

class ImpatientWriter : public SlowReaders {
 protected:
  ImpatientWriter()
      : SlowReaders("{ body: 1MiB, write_timeout: 1s }",
                    "{ level: debug, file: stderr, access: { file: $HERE/access.log } }") {}
};

TEST_F(ImpatientWriter, CutsAnswersOfHandlersThatStillWrite) {
  auto slow = peer();
  slow.send(long_request("endless", 50'000'000));
  auto waits = peer();
  waits.send(get_of("/lone"));
  EXPECT_TRUE(eventually([&] { return created("endless.cut"); }));
  EXPECT_EQ(content(waits.answer()), "lone 1\n") << "the thread is free again";
  EXPECT_FALSE(slow.answer().complete);
}

TEST_F(ImpatientWriter, CutsAnswersOfHandlersThatHaveEnded) {
  auto slow = reader("long");
  expect_answers(4);
  EXPECT_TRUE(eventually([&] { return was_closed(slow); }));
  EXPECT_FALSE(slow.answer().complete);
}

TEST_F(ImpatientWriter, WaitsForAPeerThatReadsSlowly) {
  constexpr std::size_t kBytes = 2'000'000;
  auto slow = peer();
  slow.send(long_request("slow", kBytes));
  std::size_t got = 0;
  // Takes longer than limits.write_timeout, but no pause is that long.
  for (std::size_t pauses = 0; got < kBytes;) {
    const auto next = slow.receive();
    if (!next || next->first == FCGI_END_REQUEST) break;
    got += next->second.size();
    for (; pauses < 15 && pauses < got / 50'000; ++pauses) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
  EXPECT_GE(got, kBytes);
}

}  // namespace
}  // namespace shoal::system
