#include "elf/facts.hpp"
#include "unit/releases/probing/probing.hpp"

namespace shoal::releases {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

using ATrial = Probing;

TEST_F(ATrial, LeavesAStageThatAWorkerCanOpenAndADraftOfTheBytesAsTheyWereDropped) {
  const auto file = drop("v1");
  const TrialOrder order = this->order();
  Probe probe = this->probe();
  const TrialResult result = make_trial(order, &probe);
  ASSERT_EQ(result.kind, Kind::kGood) << result.why;
  EXPECT_EQ(result.group, "lone");
  EXPECT_EQ(result.number, order.number);
  EXPECT_EQ(result.staged.label(), "lone/1");
  EXPECT_EQ(result.staged.note, "a note");
  EXPECT_EQ(described_in(order.stage).label(), "lone/1");
  EXPECT_EQ(text_in(order.draft / "lone.so"), text_in(file));
  EXPECT_NE(text_in(order.stage / "lone.so"), text_in(file)) << "it is relabelled";
  EXPECT_GT(result.opening_time.count(), 0);
  EXPECT_THAT(result.steps, HasSubstr("probed"));
  EXPECT_THAT(result.warnings, ElementsAre());
}

TEST_F(ATrial, TellsWhatTheFilesAre) {
  const auto file = drop("v1");
  const auto files = try_it().files;
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].module, "lone");
  EXPECT_EQ(files[0].path, file);
  EXPECT_EQ(files[0].sha256.size(), 64u);
  EXPECT_EQ(files[0].build_id, elf::read(text_in(file)).build_id);
  EXPECT_EQ(files[0].size, std::filesystem::file_size(file));
  drop("v2");
  EXPECT_NE(try_it().files[0].sha256, files[0].sha256);
}

TEST_F(ATrial, WithoutAProbeRunsNothing) {
  drop("aborts");
  const TrialResult result = make_trial(order(), nullptr);
  EXPECT_EQ(result.kind, Kind::kGood) << result.why;
}

TEST_F(ATrial, OfTheBytesThatServeIsUnchanged) {
  drop("v1");
  const TrialResult first = try_it();
  TrialOrder again = order();
  again.serving = content_of(first.files);
  const TrialResult result = make_trial(again, nullptr);
  EXPECT_EQ(result.kind, Kind::kUnchanged);
  EXPECT_FALSE(std::filesystem::exists(again.stage));
  EXPECT_TRUE(std::filesystem::exists(again.draft)) << "kept copies may need it";
  drop("v2");
  TrialOrder other = order();
  other.serving = again.serving;
  EXPECT_EQ(make_trial(other, nullptr).kind, Kind::kGood);
}

TEST_F(ATrial, KeepsTheDraftOfWhatIsRefusedAndNothingElse) {
  const auto file = drop("throws");
  const TrialResult result = try_it();
  EXPECT_EQ(result.kind, Kind::kRefused);
  EXPECT_THAT(result.why, StartsWith(file.native() + ": its constructor threw: no database"));
  EXPECT_EQ(result.files.size(), 1u);
  EXPECT_EQ(text_in(folder() / "drafts/lone.1/lone.so"), text_in(file));
  EXPECT_TRUE(is_empty("stages"));
}

TEST_F(ATrial, RefusesWhatIsNotASharedObjectAndKeepsIt) {
  const auto file = drop_text("hello");
  const TrialResult result = try_it();
  EXPECT_EQ(result.kind, Kind::kRefused);
  EXPECT_THAT(result.why, StartsWith(file.native() + ": "));
  EXPECT_EQ(text_in(folder() / "drafts/lone.1/lone.so"), "hello");
  EXPECT_TRUE(is_empty("stages"));
}

TEST_F(ATrial, KnowsTheBuildIdOfWhatIsRefused) {
  drop("v1");
  TrialOrder order = this->order();
  order.members.handlers = {"lone"};
  std::filesystem::copy_file(std::filesystem::path(SHOAL_UNIT_MODULES) / "v1/tiny.so",
                             folder() / "apps/lone.so",
                             std::filesystem::copy_options::overwrite_existing);
  order.members.files["lone"].identity = *identity_of(folder() / "apps/lone.so");
  const TrialResult result = make_trial(order, nullptr);
  EXPECT_EQ(result.kind, Kind::kRefused);
  EXPECT_THAT(result.why, HasSubstr("has no SHOAL_MODULE"));
  const std::string bytes = text_in(folder() / "apps/lone.so");
  EXPECT_EQ(result.files.at(0).build_id, elf::read(bytes).build_id);
}

TEST_F(ATrial, OfAFileThatCannotBeCopiedLeavesNothing) {
  const auto file = drop("v1");
  const TrialOrder order = this->order();
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  const TrialResult result = make_trial(order, nullptr);
  EXPECT_EQ(result.kind, Kind::kRefused);
  EXPECT_THAT(result.why, HasSubstr(": not a regular file; "));
  EXPECT_THAT(result.files, ElementsAre());
  EXPECT_TRUE(is_empty("stages"));
  EXPECT_TRUE(is_empty("drafts"));
}

TEST_F(ATrial, SaysThatTheFilesHaveChanged) {
  drop("v1");
  const TrialOrder order = this->order();
  drop_text("another");
  EXPECT_EQ(make_trial(order, nullptr).kind, Kind::kFilesChanged);
  EXPECT_TRUE(is_empty("stages"));
  EXPECT_TRUE(is_empty("drafts"));
}

TEST_F(ATrial, RefusesAGroupOfTooManyModules) {
  drop("v1");
  TrialOrder order = this->order();
  for (int i = 0; i < 1'000; ++i) {
    order.members.files["m" + std::to_string(i)] = order.members.files["lone"];
  }
  const TrialResult result = make_trial(order, nullptr);
  EXPECT_EQ(result.kind, Kind::kRefused);
  EXPECT_THAT(result.why, StartsWith("group lone: has 1001 modules, and a group may have 1000; "));
  EXPECT_TRUE(is_empty("stages"));
}

TEST_F(ATrial, IsMadeOfCopiesWhereTheyAreGiven) {
  const auto file = drop("v1");
  const auto copy = folder() / "copy.so";
  std::filesystem::copy_file(file, copy);
  TrialOrder order = this->order();
  order.copies = {{"lone", {copy, *identity_of(copy)}}};
  order.draft.clear();
  std::filesystem::remove(file);
  Probe probe = this->probe();
  const TrialResult result = make_trial(order, &probe);
  EXPECT_EQ(result.kind, Kind::kGood) << result.why;
  EXPECT_EQ(result.files.at(0).path, file);
  EXPECT_EQ(result.staged.path_of("lone"), file);
  EXPECT_TRUE(is_empty("drafts"));
}

TEST_F(ATrial, WarnsOfAThreadThatTheModuleLeaves) {
  drop("does");
  set({{"deed", "leave a thread"}});
  const TrialResult result = try_it();
  ASSERT_EQ(result.kind, Kind::kGood) << result.why;
  EXPECT_THAT(result.warnings,
              ElementsAre(testing::AllOf(
                  StartsWith("lone/1: thread "),
                  EndsWith(" still ran after the destructors of its handlers; end this thread "
                           "there, or the generation cannot be unloaded"))));
}

TEST_F(ATrial, OfAModuleThatHangsIsRefusedInTime) {
  rules_.limit = std::chrono::seconds(4);
  drop("does");
  set({{"deed", "hang"}});
  const TrialResult result = try_it();
  EXPECT_EQ(result.kind, Kind::kRefused);
  EXPECT_THAT(result.why, HasSubstr("lone.so: hung for 4 s in its constructor"));
}

TEST_F(ATrial, IsRepeatedWhenItsProbeIsKilledFromOutside) {
  drop("does");
  const auto file = folder() / "lines";
  set({{"deed", "be killed once"}, {"file", file.native()}});
  EXPECT_EQ(try_it().kind, Kind::kGood);
  EXPECT_EQ(text_in(file), "made\nmade\n");
}

TEST_F(ATrial, IsNotRefusedWhenItsProbeIsKilledThreeTimes) {
  drop("does");
  const auto file = folder() / "lines";
  set({{"deed", "be killed"}, {"file", file.native()}});
  const TrialResult result = try_it();
  EXPECT_EQ(result.kind, Kind::kUnavailable);
  EXPECT_EQ(result.why, "the probe was killed three times; will retry");
  EXPECT_EQ(text_in(file), "made\nmade\nmade\n");
  EXPECT_TRUE(is_empty("stages"));
  EXPECT_TRUE(is_empty("drafts"));
}

TEST_F(ATrial, IsNotRefusedWhenThereIsNoProcessToBeHad) {
  drop("v1");
  const TrialOrder order = this->order();
  Probe probe({"/nonexistent/shoal"}, "fix it");
  const TrialResult result = make_trial(order, &probe);
  EXPECT_EQ(result.kind, Kind::kUnavailable);
  EXPECT_THAT(result.why, StartsWith("the probe: cannot start its process"));
}

}  // namespace
}  // namespace shoal::releases
