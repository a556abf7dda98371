#include "unit/releases/probing/probing.hpp"

namespace shoal::releases {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kSecond = "a second generation cannot live in the same process: ";

/// A trial beside the generation that serves.
class Beside : public Probing {
 protected:
  /// Makes a generation of this version, as good as one that serves. Its number is 1.
  void serve(const std::string& version) {
    drop(version);
    const TrialResult result = try_it();
    ASSERT_EQ(result.kind, Kind::kGood) << result.why;
    serving_ = result.staged;
  }

  TrialResult drop_beside(const std::string& version) {
    drop(version);
    return try_it(serving_);
  }

  std::optional<Staged> serving_;
};

TEST_F(Beside, OpensTheCurrentOneThenTheNewOneAndClosesThemInThisOrderInOneProcess) {
  serve("v1");
  const auto diary = folder() / "diary";
  set({{"diary", diary.native()}});
  const TrialResult result = drop_beside("v2");
  ASSERT_EQ(result.kind, Kind::kGood) << result.why;
  std::ifstream stream(diary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 4u);
  const std::string by = lines[0].substr(lines[0].find(" by"));
  EXPECT_THAT(lines,
              testing::ElementsAre("made 1" + by, "made 2" + by, "gone 1" + by, "gone 2" + by));
}

TEST_F(Beside, CountsTheTimeOfTheNewGenerationAlone) {
  serve("v1");
  drop("v2");
  TrialOrder order = this->order();
  Probe probe = this->probe();
  TrialResult result = make_trial(order, &probe);
  const Behaviour behaviour =
      probe.run({.staged = result.staged, .configs = {}, .current = serving_});
  ASSERT_EQ(behaviour.tried.size(), 1u);
  EXPECT_GT(behaviour.tried[0].open.count(), 0);
  EXPECT_EQ(behaviour.opening_time(), behaviour.tried[0].open + behaviour.tried[0].make);
  EXPECT_TRUE(behaviour.unloads);
}

TEST_F(Beside, RefusesWhatDiesOnlyBesideItsPredecessorWithThatReason) {
  serve("once1");
  const TrialResult result = drop_beside("once2");
  EXPECT_EQ(result.kind, Kind::kRefused);
  EXPECT_THAT(result.why, StartsWith(kSecond + (folder() / "apps/lone.so").native() +
                                     ": crashed with SIGABRT (Aborted) while it was opened"));
  EXPECT_THAT(result.why, HasSubstr("its last output was: once: x.proto is registered already"));
  EXPECT_THAT(result.why, Not(HasSubstr("fix it")));
  EXPECT_EQ(drop_beside("v1").kind, Kind::kGood) << "another one can live with it";
}

TEST_F(Beside, RefusesWhatThrowsOnlyBesideItsPredecessorWithThatReason) {
  set({{"deed", "be the only one"}});
  serve("does");
  const TrialResult result = drop_beside("does");
  EXPECT_EQ(result.kind, Kind::kRefused);
  EXPECT_THAT(result.why, StartsWith(kSecond));
  EXPECT_THAT(result.why, HasSubstr("lone.so: its constructor threw: there is another one"));
  EXPECT_THAT(result.files, testing::SizeIs(1));
}

TEST_F(Beside, RefusesWhatFailsAloneWithTheReasonOfTheLoneTrial) {
  serve("v1");
  const TrialResult dies = drop_beside("aborts");
  EXPECT_EQ(dies.kind, Kind::kRefused);
  EXPECT_THAT(dies.why,
              StartsWith((folder() / "apps/lone.so").native() + ": crashed with SIGABRT"));
  EXPECT_THAT(dies.why, EndsWith("; fix it"));

  const TrialResult throws = drop_beside("throws");
  EXPECT_EQ(throws.kind, Kind::kRefused);
  EXPECT_THAT(throws.why, HasSubstr("lone.so: its constructor threw: no database"));
  EXPECT_THAT(throws.why, Not(HasSubstr(kSecond)));
}

TEST_F(Beside, JudgesTheNewOneAloneWhenTheCurrentOneDiesWhileItIsOpened) {
  set({{"deed", ""}});
  serve("does");
  for (const char* deed : {"abort", "throw"}) {
    set({{"deed", deed}, {"number", "1"}});
    EXPECT_EQ(drop_beside("v1").kind, Kind::kGood) << deed;
    const TrialResult result = drop_beside("aborts");
    EXPECT_EQ(result.kind, Kind::kRefused);
    EXPECT_THAT(result.why, StartsWith((folder() / "apps/lone.so").native() + ": crashed"));
  }
}

TEST_F(Beside, SaysThatThePredecessorFailedWhileItWasClosed) {
  set({{"deed", ""}});
  serve("does");
  set({{"deed", "abort at the end"}, {"number", "1"}});
  const TrialResult result = drop_beside("v1");
  EXPECT_EQ(result.kind, Kind::kRefused);
  EXPECT_THAT(result.why, StartsWith(kSecond));
  EXPECT_THAT(result.why, HasSubstr("crashed with SIGABRT (Aborted) in a destructor of the "
                                    "generation that serves, or while that one was closed"));
}

TEST_F(Beside, HasAsMuchTimeAsALoneOne) {
  set({{"deed", ""}});
  serve("does");
  set({{"deed", "take 3 s"}});
  rules_.limit = std::chrono::milliseconds(5'900);
  const TrialResult result = drop_beside("does");
  EXPECT_EQ(result.kind, Kind::kGood) << result.why;
}

TEST_F(Beside, RefusesWhatHangsThereForTheTimeThatItHadThere) {
  serve("v1");
  set({{"deed", "hang"}});
  rules_.limit = std::chrono::seconds(4);
  rules_.limit_again = std::chrono::milliseconds(100);
  const TrialResult result = drop_beside("does");
  EXPECT_EQ(result.kind, Kind::kRefused);
  EXPECT_THAT(result.why, StartsWith((folder() / "apps/lone.so").native() +
                                     ": hung for 4 s in its constructor; fix it"));
}

TEST_F(Beside, LetsThreadsOfThePredecessorRun) {
  set({{"deed", ""}});
  serve("does");
  set({{"deed", "leave a thread"}, {"number", "1"}});
  const TrialResult result = drop_beside("v1");
  EXPECT_EQ(result.kind, Kind::kGood) << result.why;
  EXPECT_THAT(result.warnings, testing::IsEmpty());
}

}  // namespace
}  // namespace shoal::releases
