// Which event loop a connection comes into.
#include "fastcgi/connection_store.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <thread>
#include <vector>

namespace shoal::fastcgi {
namespace {

using Phase = Connection::Phase;

class AConnectionStore : public testing::Test {
 protected:
  /// Opens a connection, which waits for its first request.
  Connection& open() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    peers_.emplace_back(ends[1]);
    Connection& connection = *store_.open({base::Descriptor(ends[0]), {}}).release();
    wait(connection, Phase::kFresh);
    return connection;
  }

  void wait(Connection& connection, Phase phase) {
    store_.wait(connection, phase, Connection::Clock::time_point::max(), EPOLLIN);
  }

  std::vector<std::size_t> sizes() const { return {loops_[0].size(), loops_[1].size()}; }

  using Sizes = std::vector<std::size_t>;

  const Limits limits_;
  std::deque<EventLoop> loops_{2};
  ConnectionStore store_{limits_, {}, nullptr, loops_};
  std::vector<base::Descriptor> peers_;
};

TEST_F(AConnectionStore, LeavesConnectionsForOneRequestInTheLoopThatAcceptsThem) {
  for (int i = 0; i < 8; ++i) wait(open(), Phase::kEnding);
  EXPECT_EQ(sizes(), (Sizes{8, 0}));
}

TEST_F(AConnectionStore, SpreadsThemWhileThatLoopIsSlow) {
  loops_[0].wait(loops_[0].now);
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  loops_[0].wait(loops_[0].now);
  for (int i = 0; i < 8; ++i) wait(open(), Phase::kEnding);
  EXPECT_EQ(sizes(), (Sizes{4, 4}));
}

TEST_F(AConnectionStore, SpreadsConnectionsThatAreKept) {
  for (int i = 0; i < 8; ++i) wait(open(), Phase::kIdle);
  EXPECT_EQ(sizes(), (Sizes{4, 4}));
}

TEST_F(AConnectionStore, SpreadsConnectionsThatCameAllAtOnce) {
  std::vector<Connection*> connections;
  for (int i = 0; i < 8; ++i) connections.push_back(&open());
  EXPECT_EQ(sizes(), (Sizes{8, 0}));
  for (Connection* connection : connections) wait(*connection, Phase::kIdle);
  EXPECT_EQ(sizes(), (Sizes{4, 4}));
  for (Connection* connection : connections) wait(*connection, Phase::kIdle);
  EXPECT_EQ(sizes(), (Sizes{4, 4}));
}

TEST_F(AConnectionStore, FillsTheLoopThatHasLost) {
  std::vector<Connection*> of_one_loop;
  for (int i = 0; i < 8; ++i) {
    Connection& connection = open();
    wait(connection, Phase::kIdle);
    if (connection.loop == &loops_[0]) of_one_loop.push_back(&connection);
  }
  for (Connection* connection : of_one_loop) store_.close(*connection);
  EXPECT_EQ(sizes(), (Sizes{0, 4}));
  for (int i = 0; i < 4; ++i) wait(open(), Phase::kIdle);
  EXPECT_EQ(sizes(), (Sizes{4, 4}));
}

TEST_F(AConnectionStore, MovesNoConnectionWithinARequest) {
  Connection& first = open();
  open();
  open();
  wait(first, Phase::kHead);
  wait(first, Phase::kBody);
  EXPECT_EQ(first.loop, &loops_[0]);
  wait(first, Phase::kIdle);
  EXPECT_EQ(first.loop, &loops_[1]);
}

}  // namespace
}  // namespace shoal::fastcgi
