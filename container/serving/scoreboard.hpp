#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <vector>

#include "base/mutex.hpp"
#include "crash/activity.hpp"
#include "serving/visit.hpp"
#include "status/overview.hpp"

namespace shoal::serving {

/// A thread slot: what one thread of the server is doing. Written by that thread, read by all
/// threads.
///
/// The slot points to the visit, so publishing a visit copies nothing. Readers get copies.
class ThreadSlot {
 public:
  using Clock = std::chrono::steady_clock;
  using State = status::Thread::State;

  // --- for the thread of the slot

  /// Registers the calling thread, before all other functions; and removes it before it ends.
  void start();
  void end();

  /// Shows the visit to other threads, in this state `since` then. States come in the order
  /// kWaiting, kHandling, kWriting; a visit may skip some. REQUIRES: the visit lives until `clear`;
  /// the members that other threads read in this state (see Visit) do not change any more; for
  /// kHandling, the visit has a generation.
  void publish(const Visit& visit, State state, Clock::time_point since);

  /// Shows that the thread is idle `since` then. Other threads do not read the visit afterwards.
  void clear(Clock::time_point since);

  /// Returns the visit as it was when it became kHandling, in memory that a signal handler may
  /// read: for crash reports.
  const crash::Activity& activity() const { return activity_; }

  // --- for all threads

  /// A copy of what the slot shows.
  struct View {
    status::Thread status{};              ///< all but its `number`
    pid_t thread = 0;                     ///< its gettid(2); 0: there is no such thread now
    Clock::time_point began{};            ///< tells the visits of a slot apart
    std::chrono::milliseconds timeout{};  ///< of the request; 0: no timeout
  };

  View view() const;

 private:
  void describe(const Visit& visit);

  crash::Activity activity_;  // used by the thread of the slot alone
  mutable base::Mutex mutex_;
  pid_t thread_ SHOAL_GUARDED_BY(mutex_) = 0;
  const Visit* visit_ SHOAL_GUARDED_BY(mutex_) = nullptr;  // null: the thread is idle
  State state_ SHOAL_GUARDED_BY(mutex_) = State::kIdle;
  bool handled_ SHOAL_GUARDED_BY(mutex_) = false;                    // the visit has been kHandling
  Clock::time_point since_ SHOAL_GUARDED_BY(mutex_) = Clock::now();  // when state_ began
};

/// The thread slots of a worker. Safe to use from any thread.
class Scoreboard {
 public:
  explicit Scoreboard(unsigned threads) : slots_(threads) {}

  std::size_t size() const { return slots_.size(); }
  ThreadSlot& slot(std::size_t number) { return slots_[number]; }
  const ThreadSlot& slot(std::size_t number) const { return slots_[number]; }

  /// Returns what the threads that there are do, for the status page.
  std::vector<status::Thread> threads() const;

 private:
  std::deque<ThreadSlot> slots_;  // a deque, since a slot cannot be moved
};

}  // namespace shoal::serving
