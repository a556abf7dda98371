#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace shoal::fastcgi {

/// The phase a connection is in, and until when it may stay there. One word, so that a worker that
/// moves the connection on and the reaper that ends it cannot both win. Safe to call from any
/// thread.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  enum class Phase : std::uint64_t {
    kFresh,    ///< for the first request to begin; lies in the poller
    kWaiting,  ///< for another request to begin; lies in the poller
    kReading,  ///< a worker reads what the peer still owes
    kServing,  ///< at a worker, without a deadline
    kOver      ///< the reaper has shut it down
  };

  explicit Deadline(Phase phase) : word_(pack(phase, Clock::time_point::max())) {}

  /// Moves on to `phase`. False when the reaper was faster.
  bool enter(Phase phase, Clock::time_point until = Clock::time_point::max()) {
    return phase_of(word_.exchange(pack(phase, until))) != Phase::kOver;
  }

  bool is(Phase phase) const { return phase_of(word_.load()) == phase; }

  /// Ends the phase if it is `phase` and its time is up at `now`. True for the one caller who did.
  bool end(Phase phase, Clock::time_point now) {
    std::uint64_t word = word_.load();
    if (phase_of(word) != phase || (word >> kPhaseBits) > ticks(now)) return false;
    return word_.compare_exchange_strong(word, pack(Phase::kOver, now));
  }

 private:
  static constexpr unsigned kPhaseBits = 3;

  static std::uint64_t ticks(Clock::time_point time) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count()) >> kPhaseBits;
  }
  static std::uint64_t pack(Phase phase, Clock::time_point until) {
    return ticks(until) << kPhaseBits | static_cast<std::uint64_t>(phase);
  }
  static Phase phase_of(std::uint64_t word) {
    return static_cast<Phase>(word & ((1u << kPhaseBits) - 1));
  }

  std::atomic<std::uint64_t> word_;
};

}  // namespace shoal::fastcgi
