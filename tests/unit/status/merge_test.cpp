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

TEST(Merge, TakesRequestsFromTheCounters) {
  Counted counted{.requests = 5000, .errors = 12};
  counted.groups["aquarium"] = {
      .requests = 2000, .errors = 6, .latency = sample::group("aquarium", 2).latency};
  const Overview merged = merge(
      {},
      {status_of(1, {sample::group("aquarium", 2)}), status_of(2, {sample::group("aquarium", 2)})},
      counted);
  EXPECT_THAT(merged.workers, SizeIs(2));
  ASSERT_THAT(merged.groups, SizeIs(1));
  EXPECT_EQ(merged.groups[0].requests, 2000u) << "what workers send of it does not count";
  EXPECT_EQ(merged.groups[0].errors, 6u);
  EXPECT_EQ(merged.groups[0].latency.count(), 1000u);
  EXPECT_EQ(merged.requests, 5000u);
  EXPECT_EQ(merged.errors, 12u);
}

TEST(Merge, CountsTheGenerationsOfGroupsThatAreGone) {
  Counted counted;
  counted.groups["aquarium"].generations = 7;
  counted.groups["old"].generations = 2;
  counted.others.generations = 1;
  const Overview merged = merge({}, {status_of(1, {sample::group("aquarium", 2)})}, counted);
  EXPECT_EQ(merged.groups[0].generations, 7u);
  EXPECT_EQ(merged.generations, 7u + 2u + 1u);
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

TEST(Merge, TakesGroupsOnlyFromWorkersThatServe) {
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

// --- with a deployer

DeployerStatus decided(std::vector<Group> groups) {
  return {.deployer = sample::deployer(), .groups = std::move(groups)};
}

/// Returns a group as the deployer sends it: names and files of its modules, nothing loaded.
Group decided_group(const std::string& name, int number) {
  Group group = sample::group(name, number);
  for (Module& module : group.modules) {
    module.build_id.clear();
    module.handler = false;
  }
  group.loaded = 0;
  return group;
}

/// Returns a group as a worker sends it.
Group loaded_group(const std::string& name, int number) {
  Group group = sample::group(name, number);
  group.drop.reset();
  group.history.clear();
  group.release = 0;
  return group;
}

TEST(Merge, TakesDecisionsFromTheDeployerAndModulesFromTheWorkers) {
  Group site = decided_group("site", 12);
  site.refused = Refusal{.message = "no", .at = 5};
  site.quarantine = Quarantine{.generation = "site/11", .crashes = 3};
  const Overview merged =
      merge({}, {status_of(1, {loaded_group("site", 12)})}, {}, decided({site}));
  ASSERT_THAT(merged.groups, SizeIs(1));
  const Group& group = merged.groups[0];
  EXPECT_EQ(merged.deployer, sample::deployer());
  EXPECT_EQ(group.release, 12u);
  EXPECT_EQ(group.drop, sample::deployment("site", 12));
  EXPECT_THAT(group.history, ElementsAre(sample::deployment("site", 12)));
  EXPECT_TRUE(group.refused);
  EXPECT_TRUE(group.quarantine);
  EXPECT_THAT(group.disagree, IsEmpty());
  EXPECT_EQ(group.modules, loaded_group("site", 12).modules) << "with build-ids";
  EXPECT_EQ(group.loaded, loaded_group("site", 12).loaded);
}

TEST(Merge, HasGroupsOfWhichNothingIsLoaded) {
  Group site = decided_group("site", 0);
  site.generation.clear();
  site.refused = Refusal{.message = "no", .at = 5};
  const Overview merged = merge({}, {status_of(1, {})}, {}, decided({site}));
  ASSERT_THAT(merged.groups, SizeIs(1));
  EXPECT_EQ(merged.groups[0].modules, site.modules) << "the files in the apps folder";
  EXPECT_EQ(merged.groups[0].loaded, 0);
}

TEST(Merge, ListsTheWorkersThatDoNotServeWhatIsDecided) {
  const Overview merged = merge(
      {}, {status_of(1, {loaded_group("site", 11)}), status_of(2, {loaded_group("site", 11)})}, {},
      decided({decided_group("site", 12)}));
  EXPECT_EQ(merged.groups[0].generation, "site/12");
  EXPECT_THAT(merged.groups[0].disagree, ElementsAre(Serving{1, "site/11"}, Serving{2, "site/11"}));
}

TEST(Merge, FollowsARollbackToAnOlderGeneration) {
  const Overview merged = merge(
      {}, {status_of(1, {loaded_group("site", 11)}), status_of(2, {loaded_group("site", 12)})}, {},
      decided({decided_group("site", 11)}));
  EXPECT_EQ(merged.groups[0].generation, "site/11");
  EXPECT_THAT(merged.groups[0].disagree, SizeIs(2));
}

TEST(Merge, TakesGenerationsFromTheWorkersWhenTheDeployerDoesNotAnswer) {
  DeployerStatus old = decided({decided_group("site", 11), decided_group("gone", 3)});
  old.deployer.answers = false;
  old.groups[0].state = Group::State::kOpening;
  const Overview merged = merge({}, {status_of(1, {loaded_group("site", 12)})}, {}, old);
  ASSERT_THAT(merged.groups, SizeIs(1)) << "no worker serves `gone` any more";
  EXPECT_FALSE(merged.deployer->answers);
  EXPECT_EQ(merged.groups[0].generation, "site/12");
  EXPECT_EQ(merged.groups[0].release, 0u) << "not known";
  EXPECT_EQ(merged.groups[0].state, Group::State::kCurrent);
  EXPECT_THAT(merged.groups[0].history, SizeIs(1)) << "as it was known last";
}

TEST(Merge, HasTheGroupsOfWorkersThatANewDeployerDoesNotKnowYet) {
  const Overview merged = merge({}, {status_of(1, {loaded_group("site", 12)})}, {}, decided({}));
  ASSERT_THAT(merged.groups, SizeIs(1));
  EXPECT_EQ(merged.groups[0].generation, "site/12");
}

TEST(Merge, CountsRefusedDropsOverAllDeployers) {
  Counted counted;
  counted.groups["site"].refusals = 4;
  const Overview merged = merge({}, {}, counted, decided({decided_group("site", 12)}));
  EXPECT_EQ(merged.groups[0].refusals, 4u);
}

}  // namespace
}  // namespace shoal::status
