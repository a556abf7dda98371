#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <vector>

#include "base/mutex.hpp"
#include "crash/activity.hpp"
#include "fastcgi/peer_io.hpp"
#include "serving/visit.hpp"
#include "status/overview.hpp"

namespace shoal::serving {

/// What one thread of the pool is doing. Written by that thread, read by all.
class ThreadSlot {
 public:
  using Clock = std::chrono::steady_clock;
  using State = status::Thread::State;

  // --- for the thread itself

  /// Says that the thread has started. Called once, before the rest.
  void start();

  /// Shows the visit to other threads, and that it is in this state from now on. The states come in
  /// the order kReading, kWaiting, kHandling, kWriting; some may be left out. What Visit says that
  /// others read in this state must not change any more. REQUIRES: the visit lives until `clear`.
  void publish(const Visit& visit, State state);

  /// Shows that the thread is idle: others do not read the visit any more.
  void clear();

  /// For crash reports: the visit as it was when it became kHandling, in memory that a signal
  /// handler may read.
  const crash::Activity& activity() const { return activity_; }

  // --- for all

  /// A copy of what is published, for other threads.
  struct View {
    status::Thread status{};              ///< for the status page, but for its `number`
    pid_t thread = 0;                     ///< as gettid(2) has it; 0: has not started
    Clock::time_point began{};            ///< of the visit; no two of a slot have the same
    std::chrono::milliseconds timeout{};  ///< of the request; 0: no timeout
  };

  View view() const;

  /// Does work that interrupts the thread, unless it is reading from or writing to the web server;
  /// returns whether it did. REQUIRES: the thread has started and lives; one caller at a time.
  template <typename Work>
  bool unless_in_peer_io(const Work& work) const {
    return io_.load()->unless_busy(work);
  }

 private:
  void describe(const Visit& visit);

  crash::Activity activity_;  // of the thread alone
  std::atomic<fastcgi::PeerIo*> io_{nullptr};
  mutable base::Mutex mutex_;
  pid_t thread_ SHOAL_GUARDED_BY(mutex_) = 0;
  const Visit* visit_ SHOAL_GUARDED_BY(mutex_) = nullptr;  // null: the thread is idle
  State state_ SHOAL_GUARDED_BY(mutex_) = State::kIdle;
  Clock::time_point since_ SHOAL_GUARDED_BY(mutex_) = Clock::now();  // when state_ began
};

/// The slots of a worker pool. Safe to use from any thread.
class Scoreboard {
 public:
  explicit Scoreboard(unsigned threads) : slots_(threads) {}

  std::size_t size() const { return slots_.size(); }
  ThreadSlot& slot(std::size_t number) { return slots_[number]; }
  const ThreadSlot& slot(std::size_t number) const { return slots_[number]; }

  /// For the status page.
  std::vector<status::Thread> threads() const;

 private:
  std::deque<ThreadSlot> slots_;  // which never move
};

}  // namespace shoal::serving
