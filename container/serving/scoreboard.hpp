#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "crash/activity.hpp"
#include "fastcgi/peer_io.hpp"
#include "modules/generation.hpp"
#include "status/overview.hpp"

namespace shoal::serving {

/// What one thread of the pool is doing. Written by that thread, read by all.
class Seat {
 public:
  using Clock = std::chrono::steady_clock;
  using Doing = status::Thread::State;

  /// A copy of it, for others.
  struct Task {
    Doing doing = Doing::kIdle;
    Clock::time_point since = Clock::now();  ///< of `doing`
    Clock::time_point began = since;         ///< of the request; meaningless without one
    unsigned long number = 0;                ///< of the request, in this seat: tells two apart
    pid_t thread = 0;                        ///< as gettid(2) has it; 0: has not begun
    std::string request;                     ///< `GET /about?x=1`, printable; empty: none
    std::string id;
    std::string module;
    std::string generation;
    std::chrono::milliseconds timeout{0};  ///< of the request; 0: none
  };

  // --- for the thread itself, in this order

  void sit_down();  ///< the thread is there
  void reads();     ///< a connection has something to read

  /// It was a request, and waits for its group.
  void waits(std::string_view request, std::string_view id, std::chrono::milliseconds timeout);

  /// A module answers it. REQUIRES: the generation is held until `rests`.
  void handles(std::string_view module, const modules::Generation& generation);
  void writes();  ///< the module is done; the rest of the answer goes out
  void rests();   ///< no request any more

  /// For reports of crashes: what the thread does, in memory that a signal handler may read.
  const crash::Activity& activity() const { return activity_; }

  // --- for all

  Task task() const;

  /// Does work that interrupts the thread, unless it is reading from or writing to the web server;
  /// whether it did. REQUIRES: the thread has sat down and lives; one caller at a time.
  template <typename Work>
  bool unless_in_peer_io(const Work& work) const {
    return io_.load()->unless_busy(work);
  }

 private:
  void does(Doing doing);

  crash::Activity activity_;  // of the thread alone
  std::atomic<fastcgi::PeerIo*> io_{nullptr};
  mutable std::mutex mutex_;
  Task task_;  // guarded by mutex_
};

/// The seats of a worker pool. Safe to use from any thread.
class Scoreboard {
 public:
  explicit Scoreboard(unsigned threads) : seats_(threads) {}

  std::size_t size() const { return seats_.size(); }
  Seat& seat(std::size_t number) { return seats_[number]; }
  const Seat& seat(std::size_t number) const { return seats_[number]; }

  /// For the status page.
  std::vector<status::Thread> threads() const;

 private:
  std::deque<Seat> seats_;  // which never move
};

}  // namespace shoal::serving
