#include "status/latency.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace shoal::status {
namespace {

using std::chrono::nanoseconds;

// One decade in steps of 9 to 14 %. Decimal, so that questions such as "how many within 5 ms?" have
// an exact answer.
constexpr std::array<nanoseconds::rep, 23> kDecade{100, 110, 120, 135, 150, 165, 180, 200,
                                                   220, 250, 275, 300, 330, 360, 400, 450,
                                                   500, 550, 600, 670, 750, 820, 910};

constexpr auto kBoundsInNs = [] {
  std::array<nanoseconds, Histogram::kBounds> bounds{};
  nanoseconds::rep unit = 10;  // of the decade that begins with 1 us
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    bounds[i] = nanoseconds(kDecade[i % kDecade.size()] * unit);
    if (i % kDecade.size() == kDecade.size() - 1) unit *= 10;
  }
  return bounds;
}();
static_assert(kBoundsInNs.front() == std::chrono::microseconds(1));
static_assert(kBoundsInNs.back() == std::chrono::seconds(100));

constexpr std::size_t first_bound_from(std::uint64_t ns) {
  std::size_t bucket = 0;
  while (bucket < kBoundsInNs.size() &&
         static_cast<std::uint64_t>(kBoundsInNs[bucket].count()) < ns) {
    ++bucket;
  }
  return bucket;
}

/// Index: the number of bits of a duration in ns. Value: the bucket of the shortest such duration,
/// where the search begins. It ends within ten steps.
constexpr auto kFirstBucket = [] {
  std::array<std::uint8_t, 65> first{};
  for (unsigned bits = 1; bits < first.size(); ++bits) {
    first[bits] = static_cast<std::uint8_t>(first_bound_from(std::uint64_t{1} << (bits - 1)));
  }
  return first;
}();

}  // namespace

std::span<const nanoseconds, Histogram::kBounds> Histogram::bounds() { return kBoundsInNs; }

std::size_t Histogram::bucket_of(nanoseconds took) {
  if (took.count() <= 0) return 0;
  std::size_t bucket = kFirstBucket[std::bit_width(static_cast<std::uint64_t>(took.count()))];
  while (bucket < kBounds && kBoundsInNs[bucket] < took) ++bucket;
  return bucket;
}

void Histogram::add(std::size_t bucket, std::uint64_t count, nanoseconds sum) {
  counts_[bucket] += count;
  sum_ += sum;
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  sum_ += other.sum_;
}

std::uint64_t Histogram::count() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::uint64_t Histogram::count_up_to(nanoseconds bound) const {
  const auto above = std::upper_bound(kBoundsInNs.begin(), kBoundsInNs.end(), bound);
  return std::accumulate(counts_.begin(), counts_.begin() + (above - kBoundsInNs.begin()),
                         std::uint64_t{0});
}

nanoseconds Histogram::quantile(double share) const {
  const std::uint64_t all = count();
  if (all == 0) return nanoseconds(0);
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(all)));
  const std::uint64_t rank = std::clamp<std::uint64_t>(wanted, 1, all);
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  for (; seen + counts_[bucket] < rank; ++bucket) seen += counts_[bucket];
  if (bucket == kBounds) return kBoundsInNs.back();
  // The middle of the bucket: wrong by at most half a step.
  const nanoseconds above = kBoundsInNs[bucket];
  const nanoseconds below = bucket == 0 ? nanoseconds(0) : kBoundsInNs[bucket - 1];
  return below + (above - below) / 2;
}

Histogram LatencyRecorder::histogram() const {
  Histogram histogram;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    histogram.add(i, counts_[i].load(std::memory_order_relaxed), nanoseconds(0));
  }
  histogram.add(0, 0, nanoseconds(sum_.load(std::memory_order_relaxed)));
  return histogram;
}

}  // namespace shoal::status
