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
  /// Opens a connection that is in no loop yet, as the last one that was accepted.
  Connection& open() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    peers_.emplace_back(ends[1]);
    return *store_.open({base::Descriptor(ends[0]), {}}).release();
  }

  Connection& open(Phase phase) { return wait(open(), phase); }

  Connection& wait(Connection& connection, Phase phase) {
    store_.wait(connection, phase, Connection::Clock::time_point::max(), EPOLLIN);
    return connection;
  }

  using Sizes = std::vector<std::size_t>;
  Sizes sizes() const { return {loops_[0].size(), loops_[1].size()}; }
  Sizes kept() const { return {loops_[0].kept(), loops_[1].kept()}; }

  /// Has the first loop be busy for longer than it looks back.
  void occupy() {
    loops_[0].wait(loops_[0].now);
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    loops_[0].wait(loops_[0].now);
  }

  const Limits limits_;
  std::deque<EventLoop> loops_{2};
  ConnectionStore store_{limits_, {}, nullptr, loops_};
  std::vector<base::Descriptor> peers_;
};

TEST_F(AConnectionStore, LeavesConnectionsForOneRequestInTheLoopThatAcceptsThem) {
  for (int i = 0; i < 4; ++i) open(Phase::kFresh);
  for (int i = 0; i < 4; ++i) open(Phase::kEnding);
  for (int i = 0; i < 4; ++i) open(Phase::kHead);
  for (int i = 0; i < 4; ++i) open(Phase::kSending);
  EXPECT_EQ(sizes(), (Sizes{16, 0}));
}

TEST_F(AConnectionStore, SpreadsThemWhileThatLoopHasNoTime) {
  occupy();
  for (int i = 0; i < 8; ++i) open(Phase::kEnding);
  EXPECT_EQ(sizes(), (Sizes{4, 4}));
  loops_[0].wait(Connection::Clock::now() + std::chrono::milliseconds(30));
  for (int i = 0; i < 8; ++i) open(Phase::kEnding);
  EXPECT_EQ(sizes(), (Sizes{12, 4}));
}

TEST_F(AConnectionStore, SpreadsConnectionsThatAreKept) {
  for (int i = 0; i < 8; ++i) open(Phase::kIdle);
  EXPECT_EQ(sizes(), (Sizes{4, 4}));
  EXPECT_EQ(kept(), (Sizes{4, 4}));
}

TEST_F(AConnectionStore, SpreadsConnectionsThatCameAllAtOnce) {
  std::vector<Connection*> connections;
  for (int i = 0; i < 8; ++i) connections.push_back(&open(Phase::kFresh));
  EXPECT_EQ(sizes(), (Sizes{8, 0}));
  for (int times = 0; times < 2; ++times) {
    for (Connection* connection : connections) wait(*connection, Phase::kIdle);
    EXPECT_EQ(sizes(), (Sizes{4, 4}));
    EXPECT_EQ(kept(), (Sizes{4, 4}));
  }
}

TEST_F(AConnectionStore, SpreadsThemWhateverPeersThatSendNothingThereAre) {
  for (int i = 0; i < 100; ++i) open(Phase::kFresh);
  for (int i = 0; i < 100; ++i) open(Phase::kHead);
  for (int i = 0; i < 8; ++i) open(Phase::kIdle);
  EXPECT_EQ(kept(), (Sizes{4, 4}));
}

TEST_F(AConnectionStore, FillsTheLoopThatHasLost) {
  std::vector<Connection*> of_one_loop;
  for (int i = 0; i < 8; ++i) {
    Connection& connection = open(Phase::kIdle);
    if (connection.loop == &loops_[0]) of_one_loop.push_back(&connection);
  }
  for (Connection* connection : of_one_loop) store_.close(*connection);
  EXPECT_EQ(kept(), (Sizes{0, 4}));
  for (int i = 0; i < 4; ++i) open(Phase::kIdle);
  EXPECT_EQ(kept(), (Sizes{4, 4}));
}

TEST_F(AConnectionStore, MovesAConnectionOnlyWhenItIsKeptForTheFirstTime) {
  open(Phase::kIdle);
  Connection& moved = open(Phase::kFresh);
  wait(moved, Phase::kHead);
  wait(moved, Phase::kBody);
  EXPECT_EQ(moved.loop, &loops_[0]);
  wait(moved, Phase::kIdle);
  EXPECT_EQ(moved.loop, &loops_[1]);
  for (int i = 0; i < 3; ++i) open(Phase::kIdle);
  store_.close(*store_.take_out(moved).release());
  EXPECT_EQ(kept(), (Sizes{3, 1}));
}

}  // namespace
}  // namespace shoal::fastcgi
