#pragma once

#include <algorithm>
#include <chrono>

namespace shoal::supervisor {

/// Decides when the next worker, or the next deployer, may start. The first two processes that die
/// within 10 s of their start are replaced at once, each further one in a row later: after 100 ms,
/// 200 ms, and so on up to 5 s. Used by one thread.
class RestartPause {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kLongest{5'000};

  /// A process that was started at this time has died.
  void process_died(Clock::time_point started, Clock::time_point now = Clock::now()) {
    quick_deaths_ = now - started < kQuick ? quick_deaths_ + 1 : 1;
    const auto times = 1u << std::min(std::max(quick_deaths_, 3u) - 3, 10u);
    until_ = now + (quick_deaths_ < 3 ? std::chrono::milliseconds(0)
                                      : std::min(kShortest * times, kLongest));
  }

  /// No worker could be started: the next attempt is after the longest pause.
  void start_failed() { until_ = Clock::now() + kLongest; }

  void end() { until_ = {}; }
  bool is_over() const { return Clock::now() >= until_; }
  Clock::time_point until() const { return until_; }

 private:
  static constexpr std::chrono::seconds kQuick{10};
  static constexpr std::chrono::milliseconds kShortest{100};

  unsigned quick_deaths_ = 0;  // in a row
  Clock::time_point until_{};
};

}  // namespace shoal::supervisor
