#include "supervisor/restart_pause.hpp"

#include <gtest/gtest.h>

namespace shoal::supervisor {
namespace {

using namespace std::chrono_literals;
using Clock = RestartPause::Clock;

/// Returns how long the pause is after a worker has died that lived for this long.
Clock::duration pause_after(RestartPause& pause, std::chrono::seconds life) {
  const auto now = Clock::now();
  pause.process_died(now - life, now);
  return pause.until() - now;
}

TEST(RestartPause, GrowsWhileWorkersKeepDyingSoonAfterTheirStart) {
  RestartPause pause;
  EXPECT_TRUE(pause.is_over());
  for (const auto expected : {0ms, 0ms, 100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms}) {
    EXPECT_EQ(pause_after(pause, 1s), expected);
  }
  EXPECT_FALSE(pause.is_over());
  for (int i = 0; i < 40; ++i) EXPECT_EQ(pause_after(pause, 1s), 5000ms);
}

TEST(RestartPause, StartsFromZeroAfterAWorkerThatLivedLong) {
  RestartPause pause;
  for (int i = 0; i < 5; ++i) pause_after(pause, 1s);
  EXPECT_EQ(pause_after(pause, 60s), 0ms);
  EXPECT_EQ(pause_after(pause, 1s), 0ms);
  EXPECT_EQ(pause_after(pause, 1s), 100ms);
}

TEST(RestartPause, EndsForAReload) {
  RestartPause pause;
  pause.start_failed();
  EXPECT_FALSE(pause.is_over());
  pause.end();
  EXPECT_TRUE(pause.is_over());
}

}  // namespace
}  // namespace shoal::supervisor
