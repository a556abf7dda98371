#include "fastcgi/event_loop.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <array>
#include <latch>
#include <memory>
#include <thread>

#include "system/eventually.hpp"

namespace shoal::fastcgi {
namespace {

using std::chrono::milliseconds;
using Clock = EventLoop::Clock;

class AnEventLoop : public ::testing::Test {
 protected:
  /// Puts a connection into the loop, and returns it.
  Connection& add(std::uint32_t events = EPOLLIN) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    peer_ = base::Descriptor(ends[1]);
    auto connection =
        std::make_unique<Connection>(base::Descriptor(ends[0]), base::Descriptor(), rules_, open_);
    Connection& added = *connection;
    loop_.add(std::move(connection), events);
    return added;
  }

  std::size_t connections() {
    return loop_.select([](const Connection&) { return true; }).size();
  }

  /// Waits for a batch; returns what its first event means, kWake if there is none.
  std::uint64_t first_event(Clock::time_point until = Clock::time_point::max()) {
    loop_.wait(until);
    const epoll_event* event = loop_.next_event();
    return event == nullptr ? EventLoop::kWake : event->data.u64;
  }

  BodyBudget budget_{0};
  const ReaderRules rules_{.folder = {}, .budget = budget_};
  std::atomic<std::size_t> open_{0};
  EventLoop loop_;
  base::Descriptor peer_;
};

TEST_F(AnEventLoop, ReportsWhatLiesInAConnectionThatIsAdded) {
  Connection& connection = add();
  ASSERT_EQ(::send(peer_.get(), "x", 1, 0), 1);
  EXPECT_EQ(first_event(), reinterpret_cast<std::uintptr_t>(&connection));
  EXPECT_EQ(first_event(), reinterpret_cast<std::uintptr_t>(&connection)) << "until it is read";
  EXPECT_EQ(connection.receive(), Connection::Received::kBytes);
  EXPECT_EQ(first_event(Clock::now()), EventLoop::kWake);
}

TEST_F(AnEventLoop, ReportsOnlyWhatIsWatched) {
  Connection& connection = add(EPOLLOUT);
  EXPECT_EQ(first_event(), reinterpret_cast<std::uintptr_t>(&connection));
  loop_.watch(connection, EPOLLIN);
  EXPECT_EQ(first_event(Clock::now()), EventLoop::kWake);
}

TEST_F(AnEventLoop, GivesUpAConnectionThatIsRemoved) {
  Connection& connection = add();
  ASSERT_EQ(::send(peer_.get(), "x", 1, 0), 1);
  const auto removed = loop_.remove(connection);
  EXPECT_EQ(removed.get(), &connection);
  EXPECT_EQ(removed->loop, nullptr);
  EXPECT_EQ(connections(), 0u);
  EXPECT_EQ(first_event(Clock::now()), EventLoop::kWake);
}

TEST_F(AnEventLoop, EndsItsWaitWhenItIsWoken) {
  std::jthread waker([this] { loop_.wake(); });
  EXPECT_EQ(first_event(), EventLoop::kWake);
  waker.join();
  loop_.wake();
  EXPECT_EQ(first_event(), EventLoop::kWake) << "also if it was woken before";
}

TEST_F(AnEventLoop, ClosesWhatIsLeftAtItsEnd) {
  {
    EventLoop loop;
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const base::Descriptor peer(ends[1]);
    loop.add(
        std::make_unique<Connection>(base::Descriptor(ends[0]), base::Descriptor(), rules_, open_));
    EXPECT_EQ(open_, 1u);
  }
  EXPECT_EQ(open_, 0u);
}

TEST_F(AnEventLoop, CanBeTakenOnlyWhileARequestIsServed) {
  Connection& connection = add();
  EXPECT_EQ(loop_.service(), 0u);
  const auto service = loop_.begin_service(connection);
  EXPECT_EQ(loop_.service(), service);
  EXPECT_TRUE(loop_.end_service(service));
  EXPECT_EQ(loop_.service(), 0u);
  EXPECT_FALSE(loop_.take(service)) << "it has ended";
  EXPECT_EQ(connections(), 1u);
}

TEST_F(AnEventLoop, CanBeTakenOnceAndLosesTheConnectionThatIsServed) {
  Connection& served = add();
  const base::Descriptor peer = std::move(peer_);
  Connection& other = add();
  const auto service = loop_.begin_service(served);
  EXPECT_TRUE(loop_.take(service));
  EXPECT_EQ(served.loop, nullptr);
  EXPECT_EQ(other.loop, &loop_);
  EXPECT_EQ(connections(), 1u);
  EXPECT_FALSE(loop_.take(service));
  EXPECT_EQ(loop_.service(), 0u) << "the next owner serves nothing yet";
  EXPECT_FALSE(loop_.end_service(service)) << "the loop belongs to another thread";
  delete &served;  // it belongs to the thread that serves it
}

TEST_F(AnEventLoop, CanBeTakenWhileAConnectionOfNoLoopIsServed) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const base::Descriptor peer(ends[1]);
  Connection connection(base::Descriptor{ends[0]}, base::Descriptor{}, rules_, open_);
  const auto service = loop_.begin_service(connection);
  EXPECT_TRUE(loop_.take(service));
  EXPECT_FALSE(loop_.end_service(service));
}

/// One thread serves all the time, another one takes the loop whenever it can, and gives it back.
TEST_F(AnEventLoop, BelongsToOneThreadAtATime) {
  constexpr int kServices = 100'000;
  Connection& connection = add();
  std::atomic<int> taken{0};
  std::atomic<bool> over{false};
  std::jthread monitor([&] {
    while (!over) {
      const auto service = loop_.service();
      if (service != 0 && loop_.take(service)) ++taken;
    }
  });
  int lost = 0;
  for (int i = 0; i < kServices || lost == 0; ++i) {
    const auto service = loop_.begin_service(connection);
    if (i % 100 == 0) std::this_thread::yield();
    if (loop_.end_service(service)) {
      ASSERT_EQ(connection.loop, &loop_) << "it was not taken, and has lost its connection";
      continue;
    }
    ++lost;
    ASSERT_EQ(connection.loop, nullptr);
    loop_.add(std::unique_ptr<Connection>(&connection));
  }
  over = true;
  monitor.join();
  EXPECT_EQ(lost, taken);
  EXPECT_EQ(connections(), 1u);
}

}  // namespace
}  // namespace shoal::fastcgi
