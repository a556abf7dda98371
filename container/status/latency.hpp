#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>

namespace shoal::status {

/// How long requests took, as a plain value: how many fell between each two bounds. Bounds lie
/// about 10 % apart, from 1 us to 100 s, and 1, 2.5 and 5 of each decade are among them.
class Histogram {
 public:
  static constexpr std::size_t kBounds = 8 * 23 + 1;

  /// Upper bounds, ascending; a bound belongs to the bucket that it ends. What is above the last
  /// bound has the one bucket more.
  static std::span<const std::chrono::nanoseconds, kBounds> bounds();

  /// The bucket that `took` falls into: 0 to kBounds. A negative one is a 0.
  static std::size_t bucket_of(std::chrono::nanoseconds took);

  void add(std::chrono::nanoseconds took) { add(bucket_of(took), 1, took); }

  /// `count` requests of this bucket that took `sum` together. REQUIRES: bucket <= kBounds.
  void add(std::size_t bucket, std::uint64_t count, std::chrono::nanoseconds sum);

  /// What `other` has seen as well.
  void merge(const Histogram& other);

  std::uint64_t count() const;
  std::uint64_t count(std::size_t bucket) const { return counts_[bucket]; }

  /// How many took at most `bound`. Exact when it is one of bounds(), else rounded down to one.
  std::uint64_t count_up_to(std::chrono::nanoseconds bound) const;

  /// All of them together.
  std::chrono::nanoseconds sum() const { return sum_; }

  /// The time that `share` of the requests did not exceed, e.g. 0.99: within 7 % between 1 us and
  /// 100 s, 0 when there were none, 100 s when it is more than that. REQUIRES: 0 < share <= 1.
  std::chrono::nanoseconds quantile(double share) const;

  bool operator==(const Histogram&) const = default;

 private:
  std::array<std::uint64_t, kBounds + 1> counts_{};
  std::chrono::nanoseconds sum_{0};
};

/// Counts while requests are served: about 1.5 KB for each group, whatever happens. Safe to use
/// from any thread; nobody waits for anybody.
class LatencyRecorder {
 public:
  void add(std::chrono::nanoseconds took) {
    counts_[Histogram::bucket_of(took)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(took.count(), std::memory_order_relaxed);
  }

  /// What was added until now. Requests that end meanwhile may be in it, or in its sum alone.
  Histogram histogram() const;

 private:
  std::array<std::atomic<std::uint64_t>, Histogram::kBounds + 1> counts_{};
  std::atomic<std::chrono::nanoseconds::rep> sum_{0};
};

}  // namespace shoal::status
