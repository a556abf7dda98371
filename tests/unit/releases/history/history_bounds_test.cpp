// The history has bounds, but what may be needed stays.
#include <chrono>

#include "kept_history.hpp"

namespace shoal::releases {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class BoundedHistoryTest : public KeptHistory {
 protected:
  std::vector<unsigned long> numbers(const std::string& group) {
    std::vector<unsigned long> all;
    for (const auto& [number, _] : history().of(group)) all.push_back(number);
    return all;
  }

  /// Waits until what is recorded now is later than this, in the milliseconds of a manifest.
  static void wait_for_a_time_after(std::chrono::system_clock::time_point time) {
    while (std::chrono::system_clock::now() < time + std::chrono::milliseconds(1)) {
    }
  }
};

TEST_F(BoundedHistoryTest, KeepsSoManyOfEachGroup) {
  start_again({.keep = 3, .size = 1'000});
  for (int i = 0; i < 5; ++i) add("pond", std::to_string(i));
  for (int i = 0; i < 2; ++i) add("shelf", std::to_string(i));
  history().prune({});
  EXPECT_THAT(numbers("pond"), ElementsAre(3, 4, 5));
  EXPECT_THAT(numbers("shelf"), ElementsAre(1, 2));
  EXPECT_FALSE(std::filesystem::exists(releases() / "pond/2"));
  start_again({.keep = 3, .size = 1'000});
  EXPECT_THAT(numbers("pond"), ElementsAre(3, 4, 5));
}

TEST_F(BoundedHistoryTest, NeverRemovesTheLastGoodOneItsRollbackTargetNorWhatIsNeeded) {
  start_again({.keep = 1, .size = 1});
  const auto target = add("pond", "target");
  const auto good = add("pond", "good");
  for (int i = 0; i < 5; ++i) add("pond", std::to_string(i), Verdict::kRefused);
  const auto needed = add("pond", "needed", Verdict::kRefused);
  history().prune({{"pond", {needed}}});
  EXPECT_THAT(numbers("pond"), ElementsAre(target, good, needed));
}

TEST_F(BoundedHistoryTest, KeepsTheRollbackTargetOfAnOldReleaseThatServes) {
  start_again({.keep = 1, .size = 1});
  const auto one = add("pond", "one");
  const auto two = add("pond", "two");
  add("pond", "three", Verdict::kRefused);
  const auto four = add("pond", "four");
  history().ban("pond", four, Ban::kRolledBack);
  const auto generation = goes_live_again("pond", two);
  history().prune({{"pond", {generation}}});
  EXPECT_THAT(numbers("pond"), ElementsAre(one, two, four)) << "four is banned, and the only one";
}

TEST_F(BoundedHistoryTest, KeepsBannedReleasesBesideTheOthersSinceTheirBytesMayComeAgain) {
  start_again({.keep = 2, .size = 1'000});
  add("pond", "one");
  add("pond", "two");
  const auto banned = add("pond", "killer", Verdict::kRefused);
  history().ban("pond", banned, Ban::kEndedWorker);
  history().prune({{"pond", {2}}});
  EXPECT_THAT(numbers("pond"), ElementsAre(1, 2, banned));
  start_again({.keep = 2, .size = 1'000});
  EXPECT_EQ(history().of("pond").at(banned).ban, Ban::kEndedWorker);
}

TEST_F(BoundedHistoryTest, KeepsOnlySoManyBannedReleases) {
  start_again({.keep = 2, .size = 1'000});
  add("pond", "one");
  for (int i = 0; i < 4; ++i) {
    history().ban("pond", add("pond", std::to_string(i), Verdict::kRefused), Ban::kEndedWorker);
    history().prune({});
  }
  EXPECT_THAT(numbers("pond"), ElementsAre(1, 4, 5));
}

TEST_F(BoundedHistoryTest, KeepsTheReleaseThatWasBannedLastWhateverItsNumberAndSize) {
  start_again({.keep = 1, .size = 1});
  const auto old = add("pond", "old");
  const auto young = add("pond", "young");
  add("pond", "good");
  history().ban("pond", young, Ban::kRolledBack);
  wait_for_a_time_after(history().of("pond").at(young).banned_at);
  history().ban("pond", old, Ban::kWithdrawn, 3);
  history().prune({});
  EXPECT_THAT(numbers("pond"), ElementsAre(old, 3));
}

TEST_F(BoundedHistoryTest, RemovesTheOldestOfAllGroupsBeyondTheSize) {
  start_again({.keep = 10, .size = 350});
  const std::string hundred(100, 'x');
  add("pond", hundred + "1", Verdict::kRefused);
  add("shelf", hundred + "2", Verdict::kRefused);
  add("pond", hundred + "3", Verdict::kRefused);
  add("shelf", hundred + "4", Verdict::kRefused);
  history().prune({});
  EXPECT_THAT(numbers("pond"), ElementsAre(2));
  EXPECT_THAT(numbers("shelf"), ElementsAre(1, 2));
}

TEST_F(BoundedHistoryTest, NumbersGoOnWhenAllReleasesAreRemoved) {
  start_again({.keep = 0, .size = 1});
  add("pond", "one", Verdict::kRefused);
  history().prune({});
  EXPECT_THAT(history().groups(), IsEmpty());
  start_again();
  EXPECT_EQ(history().next_number("pond"), 2u);
}

}  // namespace
}  // namespace shoal::releases
