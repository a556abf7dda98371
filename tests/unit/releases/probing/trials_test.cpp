#include "releases/probing/trials.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <thread>

#include "unit/releases/probing/probing.hpp"

namespace shoal::releases {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

/// Trials of several groups. The modules wait in their constructors for a latch to be lifted, see
/// unit/modules/modules/slow.cpp, so a trial lasts as long as the test wants.
class SeveralTrials : public Probing {
 protected:
  SeveralTrials() { std::filesystem::create_directory(latches()); }

  Trials::Parts parts(unsigned processors) const {
    return {.command = std::vector<std::string>{SHOAL_PROBE_PROGRAM},
            .remedy = "fix it",
            .limit = 5min,
            .processors = processors};
  }

  std::filesystem::path latches() const { return folder() / "latches"; }
  void hold() const { std::ofstream(latches() / "latch.1"); }
  void lift() const { std::filesystem::remove(latches() / "latch.1"); }
  void has_come_to_wait() const {
    while (!std::filesystem::exists(latches() / "waiting.1")) std::this_thread::sleep_for(1ms);
  }

  /// Orders a trial that lasts until the latch is lifted.
  TrialOrder slow(const std::string& group) {
    set({{"latches", latches().native()}});
    drop("slow1", group);
    return order(group);
  }

  TrialOrder quick(const std::string& group) {
    set({});
    drop("v1", group);
    return order(group);
  }

  /// Waits until something is told. Returns the results by group.
  static void wait_for(Trials& trials, std::size_t results,
                       std::map<std::string, TrialResult>& all) {
    while (all.size() < results) {
      wait_until_told(trials);
      for (auto& result : trials.finished()) all[result.group] = result;
    }
  }

  static void wait_until_told(const Trials& trials) {
    pollfd watched{trials.descriptor(), POLLIN, 0};
    while (::poll(&watched, 1, -1) < 0) {
    }
  }

  static void expect_quiet(const Trials& trials) {
    pollfd watched{trials.descriptor(), POLLIN, 0};
    EXPECT_EQ(::poll(&watched, 1, 0), 0);
  }

  std::map<std::string, TrialResult> results_;
};

TEST_F(SeveralTrials, AreMadeAndTold) {
  Trials trials(parts(2));
  expect_quiet(trials);
  for (const char* group : {"a", "b", "c", "d"}) trials.begin(quick(group));
  wait_for(trials, 4, results_);
  for (const auto& [group, result] : results_) {
    EXPECT_EQ(result.kind, Kind::kGood) << result.why;
    EXPECT_EQ(result.staged.group, group);
  }
  EXPECT_TRUE(trials.finished().empty());
  expect_quiet(trials);
}

TEST_F(SeveralTrials, AreMadeOneAfterTheOtherOnTheSameThreads) {
  Trials trials(parts(1));
  for (int i = 0; i < 10; ++i) {
    trials.begin(quick("a"));
    results_.clear();
    wait_for(trials, 1, results_);
    EXPECT_EQ(results_["a"].kind, Kind::kGood) << results_["a"].why;
  }
}

TEST_F(SeveralTrials, AreNotDelayedByOneThatHangs) {
  hold();
  Trials trials(parts(1));
  trials.begin(slow("hangs"));
  trials.begin(quick("a"));
  trials.begin(quick("b"));
  wait_for(trials, 2, results_);
  EXPECT_TRUE(results_.contains("a") && results_.contains("b"));
  lift();
  wait_for(trials, 3, results_);
  EXPECT_EQ(results_["hangs"].kind, Kind::kGood) << results_["hangs"].why;
}

TEST_F(SeveralTrials, TellThatThereIsRoomOnceAProbeTakesLong) {
  hold();
  Trials trials(parts(1));
  EXPECT_TRUE(trials.has_room());
  trials.begin(slow("hangs"));
  EXPECT_FALSE(trials.has_room());
  wait_until_told(trials);
  EXPECT_TRUE(trials.has_room());
  EXPECT_TRUE(trials.finished().empty());
  lift();
  wait_for(trials, 1, results_);
}

TEST_F(SeveralTrials, HangOnSixteenThreadsAtMost) {
  hold();
  Trials trials(parts(1));
  for (int i = 0; i < 16; ++i) trials.begin(slow("hangs" + std::to_string(i)));
  for (bool full = false; !full;) {
    wait_until_told(trials);
    EXPECT_TRUE(trials.finished().empty());
    full =
        !trials.has_room() && std::filesystem::exists(folder() / "stages/hangs15.16/.generation");
  }
  trials.begin(quick("late"));
  lift();
  wait_for(trials, 17, results_);
  for (const auto& [group, result] : results_) EXPECT_EQ(result.kind, Kind::kGood) << result.why;
}

TEST_F(SeveralTrials, OfWhichOneHangsToItsLimitRefuseItAlone) {
  Trials::Parts short_limit = parts(1);
  short_limit.limit = 4s;
  hold();
  Trials trials(short_limit);
  trials.begin(slow("hangs"));
  trials.begin(quick("a"));
  wait_for(trials, 2, results_);
  EXPECT_EQ(results_["a"].kind, Kind::kGood) << results_["a"].why;
  EXPECT_EQ(results_["hangs"].kind, Kind::kRefused);
  EXPECT_THAT(results_["hangs"].why, HasSubstr("hangs.so: hung for 4 s in its constructor"));
}

TEST_F(SeveralTrials, AreEndedWithTheirProbesWhenTheContainerEnds) {
  hold();
  {
    Trials trials(parts(1));
    trials.begin(slow("hangs"));
    trials.begin(slow("waits"));
    trials.begin(slow("waits_too"));
    has_come_to_wait();
  }
  EXPECT_TRUE(is_empty("stages"));
  EXPECT_TRUE(is_empty("drafts"));
}

TEST_F(SeveralTrials, WithoutAProbeRunNothing) {
  Trials trials({.command = {}, .remedy = {}});
  drop("aborts", "a");
  trials.begin(order("a"));
  wait_for(trials, 1, results_);
  EXPECT_EQ(results_["a"].kind, Kind::kGood) << results_["a"].why;
}

}  // namespace
}  // namespace shoal::releases
