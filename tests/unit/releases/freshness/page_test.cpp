// What the deployer writes into the page and what workers read of it.
#include "releases/freshness/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <string>
#include <vector>

#include "child.hpp"
#include "long_run.hpp"
#include "releases/apps/name.hpp"
#include "unit/releases/apps/apps_folder.hpp"

namespace shoal::releases {
namespace {

using Clock = std::chrono::steady_clock;

class ThePage : public testing::Test {
 protected:
  /// Long enough for all that a test waits for to come.
  static Clock::time_point later() { return Clock::now() + std::chrono::minutes(5); }
  static Clock::time_point past() { return Clock::now() - std::chrono::seconds(1); }

  /// Another process that waits in the kernel; it exits with 0 if its wait was not in vain.
  static Child waits(const std::function<bool()>& wait) {
    Child child([&] { return wait() ? 0 : 1; });
    EXPECT_TRUE(eventually([&] { return child.is_asleep(); }));
    return child;
  }

  std::shared_ptr<Page> page_ = Page::make();
};

TEST_F(ThePage, HasNoGroupsAtFirst) {
  EXPECT_EQ(page_->groups(), 0U);
  EXPECT_EQ(page_->reading() % 2, 0U);
  EXPECT_EQ(page_->watching(), Watching::kInotify);
}

TEST_F(ThePage, GivesEachGroupACellOfItsOwn) {
  const auto site = page_->add("site"), blog = page_->add("blog");
  ASSERT_TRUE(site && blog);
  EXPECT_NE(*site, *blog);
  EXPECT_EQ(page_->add("site"), site);
  EXPECT_EQ(page_->groups(), 2U);
  page_->want(*site, Clock::now());
  EXPECT_EQ(page_->cell(*site).wanted, 1U);
  EXPECT_EQ(page_->cell(*blog).wanted, 0U);
}

TEST_F(ThePage, GivesTheNextDeployerTheCellsOfTheKilledOne) {
  Child deployer([this] {
    page_->serve(*page_->add("site"), 3, 1);
    page_->add("blog");
    ::raise(SIGKILL);
    return 0;
  });
  deployer.wait();
  EXPECT_EQ(page_->add("blog"), 1U);
  EXPECT_EQ(page_->add("site"), 0U);
  EXPECT_EQ(page_->add("shop"), 2U);
  EXPECT_EQ(page_->cell(0).serve, 3U);
}

TEST_F(ThePage, KeepsNamesAndCellsWhereTheyAre) {
  const auto first = page_->add("first");
  const std::string_view name = page_->name(*first);
  page_->serve(*first, 7, 3);
  for (int i = 0; i < 1'000; ++i) page_->add("group" + std::to_string(i));
  EXPECT_EQ(name, "first");
  EXPECT_EQ(page_->name(*first).data(), name.data());
  EXPECT_EQ(page_->cell(*first).serve, 7U);
  EXPECT_EQ(page_->add("first"), first);
}

TEST_F(ThePage, HasRoomForManyGroupsAndForNoMore) {
  for (unsigned i = 0; i < Page::kMostGroups; ++i) {
    ASSERT_EQ(page_->add(std::to_string(i)), i);
  }
  EXPECT_EQ(page_->groups(), Page::kMostGroups);
  EXPECT_EQ(page_->add("one more"), std::nullopt);
  EXPECT_EQ(page_->groups(), Page::kMostGroups);
  EXPECT_EQ(page_->add(page_->name(Page::kMostGroups - 1)), Page::kMostGroups - 1);
}

TEST_F(ThePage, HasRoomForTheLongestNameOfAGroup) {
  const std::string longest = "pinned." + std::string(kLongestName, 'x');
  const auto index = page_->add(longest);
  ASSERT_TRUE(index);
  EXPECT_EQ(page_->name(*index), longest);
  EXPECT_EQ(page_->add(std::string(10'000, 'x')), std::nullopt);
  EXPECT_EQ(page_->groups(), 1U);
}

TEST_F(ThePage, SaysWhatWasStored) {
  const unsigned index = *page_->add("site");
  const auto since = Clock::now();
  page_->want(index, since);
  EXPECT_EQ(page_->cell(index).wanted, 1U);
  EXPECT_EQ(page_->cell(index).decided, 0U);
  EXPECT_EQ(page_->cell(index).serve, 0U);
  EXPECT_EQ(page_->cell(index).since, since);
  page_->decide(index, 1);
  EXPECT_EQ(page_->cell(index).decided, 1U);
  EXPECT_EQ(page_->cell(index).serve, 0U) << "refused";
  page_->want(index, since);
  page_->serve(index, 5, 2);
  EXPECT_EQ(page_->cell(index).wanted, 2U);
  EXPECT_EQ(page_->cell(index).decided, 2U);
  EXPECT_EQ(page_->cell(index).serve, 5U);
  page_->reset(index, 4);
  EXPECT_EQ(page_->cell(index).decided, 2U);
  EXPECT_EQ(page_->cell(index).serve, 4U);
  page_->set_watching(Watching::kStat);
  EXPECT_EQ(page_->watching(), Watching::kStat);
  page_->set_compared(since);
  EXPECT_EQ(page_->compared(), since);
}

TEST_F(ThePage, RaisesChangesWithEachChangeOfACell) {
  const unsigned index = *page_->add("site");
  const std::vector<std::function<void()>> changes{
      [&] { page_->want(index, Clock::now()); }, [&] { page_->decide(index, 1); },
      [&] { page_->serve(index, 1, 1); }, [&] { page_->reset(index, 2); }};
  for (const auto& change : changes) {
    const auto before = page_->changes();
    change();
    EXPECT_GT(page_->changes(), before);
  }
}

TEST_F(ThePage, IsReadByOtherProcesses) {
  const auto index = page_->add("site");
  Child child([&] {
    page_->protect();
    if (!page_->wait_for_changes(0, later())) return 1;
    return page_->groups() == 1 && page_->name(0) == "site" && page_->cell(0).serve == 9 ? 0 : 2;
  });
  page_->serve(*index, 9, 1);
  EXPECT_EQ(child.wait(), 0);
}

TEST_F(ThePage, CannotBeWrittenByAProcessThatProtectsIt) {
  const auto index = page_->add("site");
  const auto writes = [&] {
    ::signal(SIGSEGV, SIG_DFL);
    page_->protect();
    page_->serve(*index, 9, 1);
  };
  EXPECT_EXIT(writes(), testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EQ(page_->cell(*index).serve, 0U);
  page_->serve(*index, 1, 1);
  EXPECT_EQ(page_->cell(*index).serve, 1U) << "only that process cannot write";
}

TEST_F(ThePage, NeverShowsADecisionWithoutWhatIsToBeServed) {
  const unsigned index = *page_->add("site");
  Child deployer([&] {
    for (std::uint64_t number = 1;; ++number) {
      page_->want(index, Clock::now());
      page_->serve(index, number, number);
    }
    return 0;
  });
  std::uint64_t seen = 0;
  for (int i = 0; i < test::repetitions(100'000, 10'000'000); ++i) {
    const Cell cell = page_->cell(index);
    ASSERT_GE(cell.serve, cell.decided);
    ASSERT_GE(cell.serve, seen);
    seen = cell.serve;
  }
}

TEST_F(ThePage, EndsAWaitInTimeIfNothingChanges) {
  EXPECT_FALSE(page_->wait_for_reading(page_->reading(), past()));
  EXPECT_FALSE(page_->wait_for_changes(page_->changes(), past()));
  EXPECT_FALSE(
      page_->wait_for_changes(page_->changes(), Clock::now() + std::chrono::milliseconds(1)));
}

TEST_F(ThePage, EndsAWaitAtOnceForWhatHasChangedAlready) {
  const auto reading = page_->reading(), changes = page_->changes();
  page_->begin_reading();
  page_->reset(*page_->add("site"), 1);
  EXPECT_TRUE(page_->wait_for_reading(reading, past()));
  EXPECT_TRUE(page_->wait_for_changes(changes, past()));
}

TEST_F(ThePage, WakesAllProcessesThatWaitForReading) {
  const auto wait = [this] { return page_->wait_for_reading(0, later()); };
  Child one = waits(wait), other = waits(wait);
  page_->begin_reading();
  EXPECT_EQ(one.wait(), 0);
  EXPECT_EQ(other.wait(), 0);
  Child third = waits([this] { return page_->wait_for_reading(1, later()); });
  page_->end_reading();
  EXPECT_EQ(third.wait(), 0);
}

TEST_F(ThePage, WakesAllProcessesThatWaitForChanges) {
  const unsigned index = *page_->add("site");
  const std::vector<std::function<void()>> changes{
      [&] { page_->want(index, Clock::now()); }, [&] { page_->decide(index, 1); },
      [&] { page_->serve(index, 1, 1); }, [&] { page_->reset(index, 2); }};
  for (const auto& change : changes) {
    const auto wait = [this, seen = page_->changes()] {
      return page_->wait_for_changes(seen, later());
    };
    Child one = waits(wait), other = waits(wait);
    change();
    EXPECT_EQ(one.wait(), 0);
    EXPECT_EQ(other.wait(), 0);
  }
}

TEST_F(ThePage, IsReadAnewAfterADeployerWasKilledInTheMiddleOfReading) {
  const auto before = page_->reading();
  Child deployer([this] {
    page_->begin_reading();
    ::raise(SIGKILL);
    return 0;
  });
  EXPECT_EQ(deployer.wait(), -1);
  const auto killed = page_->reading();
  EXPECT_EQ(killed % 2, 1U);
  Child worker = waits([&] { return page_->wait_for_reading(killed, later()); });
  page_->begin_reading();
  EXPECT_EQ(worker.wait(), 0);
  const auto next = page_->reading();
  EXPECT_EQ(next % 2, 1U);
  EXPECT_THAT(next, testing::AllOf(testing::Ne(before), testing::Ne(killed)));
  page_->end_reading();
  EXPECT_THAT(page_->reading(), testing::AllOf(testing::Ne(before), testing::Gt(next)));
  EXPECT_EQ(page_->reading() % 2, 0U);
}

}  // namespace
}  // namespace shoal::releases
