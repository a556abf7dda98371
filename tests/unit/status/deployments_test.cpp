#include "status/deployments.hpp"

#include <gmock/gmock.h>

#include "sample.hpp"

namespace shoal::status {
namespace {

using sample::kNow;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> texts_of(const std::vector<GroupDeployment>& deployments) {
  std::vector<std::string> texts;
  for (const auto& one : deployments) texts.push_back(one.group + " " + one.outcome.words);
  return texts;
}

Overview overview_of(std::vector<Group> groups) {
  Overview overview;
  overview.groups = std::move(groups);
  return overview;
}

TEST(Deployments, OfAllGroupsAreListedTheNewestFirst) {
  Group one{.name = "one"};
  one.history = {{.at = kNow - 1, .verdict = Verdict::kUnchanged},
                 {.at = kNow - 3, .verdict = Verdict::kRefused}};
  one.drop = one.history[0];
  Group other{.name = "other"};
  other.history = {{.at = kNow - 2, .verdict = Verdict::kOvertaken},
                   {.at = kNow - 4, .verdict = Verdict::kLive}};
  const Overview overview = overview_of({one, other});
  EXPECT_THAT(texts_of(last_deployments(overview, 10)),
              ElementsAre("one unchanged", "other overtaken", "one refused", "other live"));
  EXPECT_THAT(last_deployments(overview, 3), SizeIs(3));
}

TEST(Deployments, HaveTheDropThatIsInProgress) {
  Group group{.name = "site"};
  group.history = {{.at = kNow - 9, .verdict = Verdict::kLive}};
  group.drop = Deployment{.at = kNow - 1};
  group.state = Group::State::kOpening;
  EXPECT_THAT(texts_of(last_deployments(overview_of({group}), 10)),
              ElementsAre("site opening", "site live"));
  group.state = Group::State::kCurrent;
  EXPECT_EQ(outcome_of_drop(group).words, "not decided") << "its deployer died";
}

TEST(Deployments, OfAContainerWithoutDropsAreNone) {
  EXPECT_THAT(last_deployments(overview_of({Group{.name = "site"}}), 10), IsEmpty());
}

}  // namespace
}  // namespace shoal::status
