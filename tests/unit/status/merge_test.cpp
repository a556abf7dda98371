#include "status/merge.hpp"

#include <gmock/gmock.h>

#include "sample.hpp"

namespace shoal::status {
namespace {

using sample::kNow;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

WorkerStatus status_of(int pid, std::vector<Group> groups,
                       Worker::State state = Worker::State::kServing) {
  WorkerStatus status{.worker = sample::worker(pid), .groups = std::move(groups)};
  status.worker.state = state;
  return status;
}

TEST(Merge, KeepsTheMembersThatTheSupervisorSets) {
  Overview known = sample::healthy();
  known.workers.clear();
  known.groups.clear();
  const Overview merged = merge(known, {});
  EXPECT_EQ(merged.version, "0.1.0");
  EXPECT_EQ(merged.processes_wanted, 2u);
  EXPECT_THAT(merged.groups, IsEmpty());
}

TEST(Merge, AddsTheCountersOfTheWorkers) {
  const Overview merged = merge({}, {status_of(1, {sample::group("aquarium", 2)}),
                                     status_of(2, {sample::group("aquarium", 2)})});
  EXPECT_THAT(merged.workers, SizeIs(2));
  ASSERT_THAT(merged.groups, SizeIs(1));
  EXPECT_EQ(merged.groups[0].requests, 2000u);
  EXPECT_EQ(merged.groups[0].errors, 6u);
  EXPECT_EQ(merged.groups[0].latency.count(), 2000u);
  EXPECT_EQ(merged.requests, 2 * sample::worker(1).requests);
  EXPECT_EQ(merged.errors, 24u);
}

TEST(Merge, CountsAGenerationOfManyProcessesOnce) {
  WorkerStatus gone = status_of(3, {sample::group("aquarium", 1), sample::group("old", 1)});
  gone.groups[0].generations = 5;
  gone.groups[1].generations = 2;
  EndedWorkers ended;
  ended.add(gone);
  ended.add(gone);
  const auto one = status_of(1, {sample::group("aquarium", 2), sample::group("b", 2)});
  const Overview merged = merge({}, {one, status_of(2, {sample::group("aquarium", 2)})}, ended);
  EXPECT_EQ(merged.groups[0].generations, 7u) << "the highest count of one process";
  EXPECT_EQ(merged.generations, 7u + 7u + 2u) << "including those of a group that is gone";
}

TEST(Merge, SortsGroupsByNameAndWorkersByAge) {
  WorkerStatus young = status_of(9, {sample::group("b", 1), sample::group("a", 1)});
  young.worker.started = kNow;
  const Overview merged = merge({}, {young, status_of(10, {sample::group("b", 1)})});
  ASSERT_THAT(merged.groups, SizeIs(2));
  EXPECT_EQ(merged.groups[0].name, "a");
  EXPECT_EQ(merged.workers[0].pid, 10);
}

TEST(Merge, ListsGenerationsByWorkerWhenTheyDiffer) {
  const Overview merged = merge({}, {status_of(1, {sample::group("aquarium", 10)}),
                                     status_of(2, {sample::group("aquarium", 9)})});
  EXPECT_EQ(merged.groups[0].generation, "aquarium/10") << "the newest, by number";
  EXPECT_THAT(merged.groups[0].disagree,
              ElementsAre(Serving{1, "aquarium/10"}, Serving{2, "aquarium/9"}));
}

TEST(Merge, ListsNoGenerationsWhenTheyAreEqual) {
  const Overview merged = merge({}, {status_of(1, {sample::group("aquarium", 9)}),
                                     status_of(2, {sample::group("aquarium", 9)})});
  EXPECT_THAT(merged.groups[0].disagree, IsEmpty());
}

TEST(Merge, TakesOnlyCountersFromDrainingAndStartingWorkers) {
  Group starting = sample::group("aquarium", 9);
  starting.generation.clear();
  const Overview merged =
      merge({}, {status_of(1, {sample::group("aquarium", 10)}),
                 status_of(2, {sample::group("aquarium", 9), sample::group("gone", 1)},
                           Worker::State::kDraining),
                 status_of(3, {starting}, Worker::State::kStarting)});
  ASSERT_THAT(merged.groups, SizeIs(1)) << "no worker serves `gone` any more";
  EXPECT_EQ(merged.groups[0].generation, "aquarium/10");
  EXPECT_THAT(merged.groups[0].disagree, IsEmpty());
  EXPECT_EQ(merged.groups[0].requests, 3000u);
}

TEST(Merge, TakesGroupsFromAllWorkersWhenNoneServes) {
  const Overview merged =
      merge({}, {status_of(1, {sample::group("aquarium", 1)}, Worker::State::kDraining)});
  ASSERT_THAT(merged.groups, SizeIs(1));
  EXPECT_EQ(merged.groups[0].generation, "aquarium/1");
}

TEST(Merge, TakesTheLoadTimeOfTheFirstWorker) {
  Group later = sample::group("aquarium", 2);
  later.loaded += 100;
  const Overview merged =
      merge({}, {status_of(1, {later}), status_of(2, {sample::group("aquarium", 2)})});
  EXPECT_EQ(merged.groups[0].loaded, sample::group("aquarium", 2).loaded);
}

TEST(Merge, CollectsProblemsOfAllWorkers) {
  Group bad = sample::group("aquarium", 1);
  bad.refusals = 2;
  bad.refused = Refusal{.message = "no", .at = 5};
  bad.lingering = {{.generation = "aquarium/0", .holder = "thread 5"}};
  bad.quarantine = Quarantine{.generation = "aquarium/2", .crashes = 3};
  const Overview merged = merge(
      {}, {status_of(1, {sample::group("aquarium", 1)}), status_of(2, {bad}), status_of(3, {bad})});
  const Group& group = merged.groups[0];
  EXPECT_EQ(group.refusals, 2u) << "each worker refused the same drop";
  ASSERT_TRUE(group.refused);
  EXPECT_EQ(group.refused->message, "no");
  EXPECT_THAT(group.lingering, ElementsAre(Lingering{"aquarium/0", "thread 5", 2}));
  ASSERT_TRUE(group.quarantine);
}

TEST(Merge, KeepsTheCountersOfEndedWorkers) {
  const WorkerStatus one = status_of(1, {sample::group("aquarium", 1)});
  const WorkerStatus other = status_of(2, {sample::group("aquarium", 1)});
  const Overview before = merge({}, {one, other});
  EndedWorkers ended;
  ended.add(other);
  const Overview after = merge({}, {one}, ended);
  EXPECT_EQ(after.requests, before.requests);
  EXPECT_EQ(after.errors, before.errors);
  EXPECT_EQ(after.groups, before.groups);
  EXPECT_THAT(after.workers, SizeIs(1));
}

}  // namespace
}  // namespace shoal::status
