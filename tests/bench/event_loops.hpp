#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "rival.hpp"

/// What the rivals lanes and heads share: event loops with one thread at a time on each. A thread
/// whose handler takes long gives its loop, with the rest of its events, to a reserve thread. They
/// have no deadlines and no limits: the difference to Shoal is what those cost.
namespace bench {

/// A Connection is made of a descriptor, which `int descriptor()` returns. `bool serve(Turn&)` is
/// called when something can be read; it returns false to close the connection.
template <class Connection>
class EventLoops {
 public:
  class Turn;

  EventLoops(int listener, int loops, int threads) : listener_(listener), threads_(threads) {
    for (int i = 0; i < loops; ++i) {
      free_.push_back(loops_.emplace_back(new Loop));
      add(*loops_.back(), listener, nullptr, EPOLLEXCLUSIVE);
    }
  }

  /// Serves; the calling thread is the monitor thread. Does not return.
  void run() {
    std::vector<std::jthread> threads;
    for (int i = 0; i < threads_; ++i) threads.emplace_back([this] { work(); });
    monitor();
  }

 private:
  // The state of a loop is a number of the turn, and in its lowest two bits one of these.
  static constexpr std::uint64_t kPolling = 0, kRunning = 1, kTaken = 2, kPhase = 3, kNextTurn = 4;

  struct alignas(64) Loop {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    std::atomic<std::uint64_t> state{kPolling};
    Connection* current = nullptr;  // while kRunning
    std::array<epoll_event, 16> ready{};
    int next = 0, count = 0;  // in `ready`; of the thread that owns the loop
    std::uint64_t seen = 0;   // the state at the monitor thread's last visit
  };

  // Level-triggered: one read for each event is enough, because what is left causes another event.
  void add(Loop& loop, int descriptor, Connection* connection, std::uint32_t flags = 0) {
    epoll_event event{};
    event.events = EPOLLIN | flags;
    event.data.ptr = connection;
    epoll_ctl(loop.epoll, EPOLL_CTL_ADD, descriptor, &event);
  }
  void add_to_some_loop(Connection* connection) {
    add(*loops_[round_robin_++ % loops_.size()], connection->descriptor(), connection);
  }

  // Takes the loop from the thread that runs a handler on it. Returns false if that has ended.
  bool take(Loop& loop, std::uint64_t running) {
    const std::uint64_t turn = running & ~kPhase;
    if (!loop.state.compare_exchange_strong(running, turn | kTaken)) return false;
    epoll_ctl(loop.epoll, EPOLL_CTL_DEL, loop.current->descriptor(), nullptr);
    loop.state.store(turn + kNextTurn);
    {
      const std::lock_guard lock(mutex_);
      free_.push_back(&loop);
    }
    loop_is_free_.notify_one();
    return true;
  }

  void monitor() {
    using namespace std::chrono_literals;
    for (int idle = 0;;) {
      bool running = false;
      for (Loop* loop : loops_) {
        const auto state = loop->state.load();
        if ((state & kPhase) != kRunning) continue;
        running = true;
        if (state == std::exchange(loop->seen, state) && reserve_ > 0) take(*loop, state);
      }
      idle = running ? 0 : idle + 1;
      if (idle > 20) {
        std::unique_lock lock(mutex_);
        monitor_sleeps_ = true;
        wake_monitor_.wait_for(lock, 100ms, [this] { return !monitor_sleeps_; });
        monitor_sleeps_ = false;
        idle = 0;
      }
      std::this_thread::sleep_for(500us);
    }
  }

  void work() {
    for (;;) serve_loop(wait_for_loop());
  }

  Loop& wait_for_loop() {
    std::unique_lock lock(mutex_);
    ++reserve_;
    loop_is_free_.wait(lock, [this] { return !free_.empty(); });
    --reserve_;
    Loop& loop = *free_.front();
    free_.pop_front();
    return loop;
  }

  // Returns when another thread has the loop; then not a field of it may be touched.
  void serve_loop(Loop& loop) {
    for (;;) {
      while (loop.next < loop.count) {
        auto* connection = static_cast<Connection*>(loop.ready[loop.next++].data.ptr);
        if (connection == nullptr) {
          accept_one();
        } else if (!serve(loop, connection)) {
          return;
        }
      }
      loop.next = 0;
      const int count = epoll_wait(loop.epoll, loop.ready.data(), loop.ready.size(), -1);
      loop.count = std::max(0, count);
    }
  }

  void accept_one() {
    const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor >= 0) add_to_some_loop(new Connection(descriptor));
  }

  // Returns false if the loop is another thread's now.
  bool serve(Loop& loop, Connection* connection) {
    Turn turn(*this, loop, *connection);
    const bool keep = connection->serve(turn);
    if (!keep) {
      delete connection;
    } else if (!turn.owns_loop_) {
      add_to_some_loop(connection);
    }
    return turn.owns_loop_;
  }

  int listener_;
  int threads_;
  std::vector<Loop*> loops_;  // never deleted: the program ends by a signal
  std::mutex mutex_;
  std::condition_variable loop_is_free_, wake_monitor_;
  std::deque<Loop*> free_;
  std::atomic<int> reserve_ = 0;  // threads without a loop
  std::atomic<bool> monitor_sleeps_ = false;
  std::atomic<unsigned> round_robin_ = 0;
};

/// What a thread may do while it serves a connection.
template <class Connection>
class EventLoops<Connection>::Turn {
 public:
  Turn(EventLoops& all, Loop& loop, Connection& connection)
      : all_(all), loop_(loop), connection_(connection) {}

  /// Runs a handler. Meanwhile the monitor thread may give the loop to another thread.
  template <class Handler>
  bool run(Handler handler) {
    if (!owns_loop_) return handler();
    loop_.current = &connection_;
    const auto turn = loop_.state.load(std::memory_order_relaxed);
    running_ = turn | kRunning;
    loop_.state.store(running_, std::memory_order_release);
    wake_monitor();
    const bool result = handler();
    auto expected = running_;
    owns_loop_ = loop_.state.compare_exchange_strong(expected, turn + kNextTurn);
    // The connection must be out of the epoll set before it is added to another.
    while (!owns_loop_ && loop_.state == (turn | kTaken)) std::this_thread::yield();
    return result;
  }

  /// For a handler that is known to take long: gives the loop away at once.
  void give_loop_away() {
    if (owns_loop_ && all_.reserve_ > 0) all_.take(loop_, running_);
  }

 private:
  friend EventLoops;

  void wake_monitor() {
    if (!all_.monitor_sleeps_.load(std::memory_order_relaxed)) return;
    {
      const std::lock_guard lock(all_.mutex_);
      all_.monitor_sleeps_ = false;
    }
    all_.wake_monitor_.notify_one();
  }

  EventLoops& all_;
  Loop& loop_;
  Connection& connection_;
  std::uint64_t running_ = 0;
  bool owns_loop_ = true;
};

/// The main function of these rivals: SOCKET LOOPS THREADS.
template <class Connection>
int serve_with_event_loops(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: " << argv[0] << " SOCKET LOOPS THREADS\n";
    return 2;
  }
  const int listener = listen_without_blocking(argv[1]);
  EventLoops<Connection>(listener, std::stoi(argv[2]), std::stoi(argv[3])).run();
  return 0;
}

}  // namespace bench
