// Which event loop a connection comes into.
#include "fastcgi/connection_store.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <vector>

namespace shoal::fastcgi {
namespace {

using Phase = Connection::Phase;

class AConnectionStore : public testing::Test {
 protected:
  /// Opens a connection and has it wait for its first request.
  Connection& add() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    peers_.emplace_back(ends[1]);
    auto opened = store_.open({base::Descriptor(ends[0]), {}});
    Connection& connection = *opened.release();
    store_.wait(connection, Phase::kFresh, Connection::Clock::time_point::max(), EPOLLIN);
    return connection;
  }

  std::vector<std::size_t> sizes() const { return {loops_[0].size(), loops_[1].size()}; }

  const Limits limits_;
  std::deque<EventLoop> loops_{2};
  ConnectionStore store_{limits_, {}, nullptr, loops_};
  std::vector<base::Descriptor> peers_;
};

TEST_F(AConnectionStore, PutsConnectionsIntoItsLoopsInTurn) {
  const EventLoop* const first = add().loop;
  EXPECT_NE(add().loop, first);
  for (int i = 0; i < 4; ++i) add();
  EXPECT_EQ(sizes(), (std::vector<std::size_t>{3, 3}));
}

TEST_F(AConnectionStore, FillsTheLoopThatHasLost) {
  std::vector<Connection*> of_one_loop;
  for (int i = 0; i < 8; ++i) {
    Connection& added = add();
    if (added.loop == &loops_[0]) of_one_loop.push_back(&added);
  }
  for (Connection* connection : of_one_loop) store_.close(*connection);
  EXPECT_EQ(sizes(), (std::vector<std::size_t>{0, 4}));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(add().loop, &loops_[0]);
  EXPECT_EQ(sizes(), (std::vector<std::size_t>{4, 4}));
}

}  // namespace
}  // namespace shoal::fastcgi
