// The process of the probe, which stays, and those of the trials.
#include <signal.h>

#include "system/eventually.hpp"
#include "unit/releases/probing/probing.hpp"

namespace shoal::releases {
namespace {

using testing::HasSubstr;

/// A limit that a test waits for. Long enough for a busy machine to start the process of the probe
/// and that of the trial, and to open the module.
constexpr std::chrono::seconds kShort{4};

/// Several trials with one probe, of a module that does what the test says.
class AProbeProcess : public Probing {
 protected:
  AProbeProcess() { drop("does"); }

  TrialResult try_deed(const std::string& deed) {
    set({{"deed", deed}, {"file", file().native()}});
    return make_trial(order(), &*probe_);
  }

  void expect_good(const std::string& deed) {
    const TrialResult result = try_deed(deed);
    EXPECT_EQ(result.kind, Kind::kGood) << deed << ": " << result.why;
  }

  void limit(std::chrono::milliseconds most) {
    rules_.limit = most;
    probe_.emplace(std::vector<std::string>{SHOAL_PROBE_PROGRAM}, "fix it", rules_);
  }

  std::filesystem::path file() const { return folder() / "told"; }

  std::vector<std::string> told() const {
    std::ifstream stream(file());
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
      if (line != "made") lines.push_back(line);
    }
    return lines;
  }

  static bool runs(const std::string& id) {
    std::ifstream stream("/proc/" + id + "/stat");
    std::string word, state;
    stream >> word >> word >> state;
    return !state.empty() && state != "Z" && state != "X";
  }

  std::optional<Probe> probe_{std::in_place, std::vector<std::string>{SHOAL_PROBE_PROGRAM},
                              "fix it"};
};

TEST_F(AProbeProcess, StartsTheProcessesOfAllTrialsAndEndsWithTheProbe) {
  for (int times = 0; times < 3; ++times) expect_good("tell its parent");
  ASSERT_EQ(told().size(), 3u);
  EXPECT_EQ(told()[0], told()[2]);
  EXPECT_TRUE(runs(told()[0]));
  probe_.reset();
  EXPECT_FALSE(runs(told()[0]));
}

TEST_F(AProbeProcess, StaysWhenAModuleEndsItsOwnProcess) {
  expect_good("tell its parent");
  EXPECT_EQ(try_deed("abort").kind, Kind::kRefused);
  EXPECT_EQ(try_deed("throw").kind, Kind::kRefused);
  expect_good("tell its parent");
  EXPECT_EQ(told()[0], told()[1]);
}

TEST_F(AProbeProcess, StartsEachTrialWithoutWhatTheLastOneChanged) {
  expect_good("be the only one");
  set({{"deed", "abort at the end"}});
  EXPECT_EQ(make_trial(order(), &*probe_).kind, Kind::kRefused);
  expect_good("be the only one");
}

TEST_F(AProbeProcess, IsReplacedAfterATrialThatHangs) {
  limit(kShort);
  for (int times = 0; times < 2; ++times) {
    EXPECT_THAT(try_deed("hang").why, HasSubstr("hung for 4 s in its constructor"));
    limit(std::chrono::minutes(5));
    expect_good("tell its parent");
    limit(kShort);
  }
}

TEST_F(AProbeProcess, IsReplacedWhenItWasKilledBetweenTrials) {
  expect_good("tell its parent");
  ASSERT_EQ(::kill(std::stoi(told()[0]), SIGKILL), 0);
  expect_good("tell its parent");
  EXPECT_NE(told()[0], told()[1]);
}

TEST_F(AProbeProcess, ThatItsModuleKillsOnceIsReplacedAndTheTrialRepeated) {
  expect_good("kill its parent once");
  expect_good("tell its parent");
}

TEST_F(AProbeProcess, ThatItsModuleAlwaysKillsRefusesNothing) {
  const TrialResult result = try_deed("kill its parent");
  EXPECT_EQ(result.kind, Kind::kUnavailable);
  EXPECT_EQ(result.why, "the probe was killed three times; will retry");
  expect_good("tell its parent");
}

TEST_F(AProbeProcess, ThatItsModuleStopsIsReplaced) {
  limit(kShort);
  expect_good("stop its parent");  // its report is complete
  expect_good("tell its parent");
}

TEST_F(AProbeProcess, EndsWhatATrialHasStarted) {
  expect_good("leave a process");
  ASSERT_EQ(told().size(), 1u);
  EXPECT_TRUE(system::eventually([&] { return !runs(told()[0]); }));
}

TEST_F(AProbeProcess, GivesATrialNothingThatWritesIntoTheReportOfALaterOne) {
  expect_good("leave a writer");
  std::ofstream(folder() / "go");
  EXPECT_TRUE(system::eventually([&] { return told().size() == 1; }));
  EXPECT_THAT(told(), testing::ElementsAre("0 pipes, 0 sockets"));
  expect_good("tell its parent");
}

TEST_F(AProbeProcess, MayTakeAsLongAsADebuggerIsAttached) {
  limit(kShort);
  expect_good("be debugged for 6 s");
}

TEST_F(AProbeProcess, ThatEndsAtOnceRefusesNothing) {
  probe_.emplace(std::vector<std::string>{"/bin/false"}, "fix it");
  EXPECT_EQ(try_deed("").kind, Kind::kUnavailable);
}

}  // namespace
}  // namespace shoal::releases
