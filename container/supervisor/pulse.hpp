#pragma once

#include <chrono>
#include <optional>
#include <set>

#include "control/limits.hpp"

namespace shoal::supervisor {

/// Knows whether a process answers: since when it has owed an answer. A silent process is not asked
/// the same again, so that its channel never becomes full.
class Pulse {
 public:
  using Clock = std::chrono::steady_clock;

  enum class Asked { kSign, kStatus };  ///< a sign of life; its status

  /// Returns true if this is to be asked now, and notes that it is. False: it was asked already.
  bool ask(Asked what, Clock::time_point now = Clock::now()) {
    if (!owed_.insert(what).second) return false;
    if (!since_) since_ = now;
    return true;
  }

  void answered(Asked what, Clock::time_point now = Clock::now()) {
    owed_.erase(what);
    since_.reset();
    if (!owed_.empty()) since_ = now;  // it lives; the rest may take as long again
    heard_ = now;
  }

  /// Returns true if it has this to answer.
  bool owes(Asked what) const { return owed_.contains(what); }

  /// Returns since when it has owed an answer.
  std::optional<Clock::time_point> since() const { return since_; }

  /// Returns true if it has owed an answer for too long.
  bool is_silent(Clock::time_point now = Clock::now()) const {
    return since_ && now - *since_ >= control::kSilence;
  }

  /// Returns when it last answered.
  Clock::time_point heard() const { return heard_; }

 private:
  std::set<Asked> owed_;
  std::optional<Clock::time_point> since_;
  Clock::time_point heard_{};
};

}  // namespace shoal::supervisor
