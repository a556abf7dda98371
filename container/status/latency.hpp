#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>

namespace shoal::status {

/// A histogram of request durations, as a plain value. The bounds of its buckets are about 10 %
/// apart, from 1 us to 100 s, and include 1, 2.5 and 5 of each decade.
class Histogram {
 public:
  static constexpr std::size_t kBounds = 8 * 23 + 1;

  /// Returns the upper bounds, ascending. A bound belongs to the bucket below it. One more bucket
  /// has the durations above the last bound.
  static std::span<const std::chrono::nanoseconds, kBounds> bounds();

  /// Returns the bucket of this duration, from 0 to kBounds. A negative duration counts as 0.
  static std::size_t bucket_of(std::chrono::nanoseconds took);

  void add(std::chrono::nanoseconds took) { add(bucket_of(took), 1, took); }

  /// Adds `count` requests to this bucket, with a total duration of `sum`.
  /// REQUIRES: bucket <= kBounds.
  void add(std::size_t bucket, std::uint64_t count, std::chrono::nanoseconds sum);

  /// Adds all requests of `other`.
  void merge(const Histogram& other);

  std::uint64_t count() const;
  std::uint64_t count(std::size_t bucket) const { return counts_[bucket]; }

  /// Returns how many requests took at most `bound`, which is rounded down to one of bounds().
  std::uint64_t count_up_to(std::chrono::nanoseconds bound) const;

  /// Returns the total duration of all requests.
  std::chrono::nanoseconds sum() const { return sum_; }

  /// Returns the duration that this share of the requests (e.g. 0.99) did not exceed: exact to 7 %
  /// between 1 us and 100 s; 100 s if it is longer; 0 if there were no requests.
  /// REQUIRES: 0 < share <= 1.
  std::chrono::nanoseconds quantile(double share) const;

  bool operator==(const Histogram&) const = default;

 private:
  std::array<std::uint64_t, kBounds + 1> counts_{};
  std::chrono::nanoseconds sum_{0};
};

/// Counts the durations of requests while they are served. Takes about 1.5 KB. Safe to use from any
/// thread; lock-free.
class LatencyRecorder {
 public:
  void add(std::chrono::nanoseconds took) {
    counts_[Histogram::bucket_of(took)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(took.count(), std::memory_order_relaxed);
  }

  /// Returns what was added so far. A request that is added meanwhile may be missing in the counts
  /// or in the sum.
  Histogram histogram() const;

 private:
  std::array<std::atomic<std::uint64_t>, Histogram::kBounds + 1> counts_{};
  std::atomic<std::chrono::nanoseconds::rep> sum_{0};
};

}  // namespace shoal::status
