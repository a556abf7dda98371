#include "status/latency.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>
#include <vector>

namespace shoal::status {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

/// Returns the relative error.
double off(nanoseconds estimate, nanoseconds real) {
  return std::abs(static_cast<double>(estimate.count()) / static_cast<double>(real.count()) - 1);
}

TEST(Latency, IsZeroWithoutRequests) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.quantile(0.99), 0ns);
  EXPECT_EQ(histogram.sum(), 0ns);
}

TEST(Latency, OfOneRequestIsExactToSevenPercent) {
  for (double ns = 1'001; ns < 100e9; ns *= 1.003) {
    Histogram histogram;
    const nanoseconds took(std::llround(ns));
    histogram.add(took);
    EXPECT_LE(off(histogram.quantile(0.5), took), 0.07) << took.count();
    EXPECT_EQ(histogram.sum(), took);
  }
}

TEST(Latency, QuantilesAreExactToSevenPercent) {
  std::mt19937 dice(7);
  std::lognormal_distribution<double> took(std::log(400e3), 1.5);
  Histogram histogram;
  std::vector<nanoseconds> all;
  for (int i = 0; i < 20'000; ++i) {
    all.emplace_back(std::llround(took(dice)));
    histogram.add(all.back());
  }
  std::sort(all.begin(), all.end());
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * 20'000)) - 1;
    EXPECT_LE(off(histogram.quantile(share), all[rank]), 0.07) << share;
  }
}

TEST(Latency, BoundsAreCloseAndBelongToTheBucketBelow) {
  const auto bounds = Histogram::bounds();
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    EXPECT_EQ(Histogram::bucket_of(bounds[i]), i);
    EXPECT_EQ(Histogram::bucket_of(bounds[i] + 1ns), i + 1);
    if (i > 0) {
      EXPECT_LE(off(bounds[i], bounds[i - 1]), 0.14);
      EXPECT_GT(bounds[i], bounds[i - 1]);
    }
  }
}

TEST(Latency, BucketsIncludeNegativeAndVeryLongDurations) {
  EXPECT_EQ(Histogram::bucket_of(-5ns), 0u);
  EXPECT_EQ(Histogram::bucket_of(0ns), 0u);
  EXPECT_EQ(Histogram::bucket_of(1h), Histogram::kBounds);
  EXPECT_EQ(Histogram::bucket_of(nanoseconds::max()), Histogram::kBounds);
  Histogram histogram;
  histogram.add(1h);
  EXPECT_EQ(histogram.quantile(0.5), 100s);
}

TEST(Latency, CountsUpToADecimalBoundAreExact) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.add(i * 1ms);
  EXPECT_EQ(histogram.count_up_to(25ms), 25u);
  EXPECT_EQ(histogram.count_up_to(50ms), 50u);
  EXPECT_EQ(histogram.count_up_to(100ms), 100u);
  EXPECT_EQ(histogram.count_up_to(1us), 0u);
  EXPECT_EQ(histogram.count_up_to(1h), 100u);
}

TEST(Latency, OfTwoProcessesCanBeMerged) {
  Histogram one;
  Histogram other;
  one.add(1ms);
  one.add(1ms);
  other.add(1s);
  one.merge(other);
  EXPECT_EQ(one.count(), 3u);
  EXPECT_EQ(one.sum(), 1002ms);
  EXPECT_LE(off(one.quantile(0.5), 1ms), 0.07);
  EXPECT_LE(off(one.quantile(0.99), 1s), 0.07);
}

TEST(Latency, OfManyThreadsIsCompletelyCounted) {
  LatencyRecorder recorder;
  std::vector<std::thread> threads;
  for (int i = 1; i <= 4; ++i) {
    threads.emplace_back([&recorder, i] {
      for (int n = 0; n < 10'000; ++n) recorder.add(i * 1ms);
    });
  }
  for (auto& thread : threads) thread.join();
  const Histogram histogram = recorder.histogram();
  EXPECT_EQ(histogram.count(), 40'000u);
  EXPECT_EQ(histogram.count_up_to(2ms), 20'000u);
  EXPECT_EQ(histogram.sum(), 100s);
}

}  // namespace
}  // namespace shoal::status
