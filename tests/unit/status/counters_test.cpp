#include "status/counters.hpp"

#include <gmock/gmock.h>

namespace shoal::status {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;

void answer(Counters& counters, unsigned slot, const std::string& group) {
  counters.count(slot, false);
  counters.row(slot, group).latency.add(1ms);
}

TEST(Counters, BeginWithZero) {
  const Counted counted = Counters::make()->read();
  EXPECT_EQ(counted.requests, 0u);
  EXPECT_THAT(counted.groups, IsEmpty());
}

TEST(Counters, SumUpAllSlots) {
  const auto counters = Counters::make();
  const unsigned one = counters->claim();
  const unsigned other = counters->claim();
  EXPECT_NE(one, other);
  answer(*counters, one, "site");
  answer(*counters, other, "site");
  answer(*counters, other, "shop");
  counters->count(other, true);
  counters->row(other, "shop").errors.fetch_add(1);
  const Counted counted = counters->read();
  EXPECT_EQ(counted.requests, 4u);
  EXPECT_EQ(counted.errors, 1u);
  EXPECT_EQ(counted.groups.at("site").requests, 2u);
  EXPECT_EQ(counted.groups.at("site").latency.sum(), 2ms);
  EXPECT_EQ(counted.groups.at("shop").errors, 1u);
}

TEST(Counters, KeepTheNumbersOfASlotForTheNextWorker) {
  const auto counters = Counters::make();
  const unsigned first = counters->claim();
  answer(*counters, first, "site");
  counters->release(first);
  EXPECT_EQ(counters->read().groups.at("site").requests, 1u);
  EXPECT_EQ(counters->claim(), first);
  answer(*counters, first, "site");
  EXPECT_EQ(counters->read().groups.at("site").requests, 2u);
}

TEST(Counters, HaveOneRowForAGroupInASlot) {
  const auto counters = Counters::make();
  auto& row = counters->row(3, "site");
  EXPECT_EQ(&counters->row(3, "site"), &row);
  EXPECT_NE(&counters->row(4, "site"), &row);
  EXPECT_NE(&counters->row(3, "shop"), &row);
}

TEST(Counters, LoseNothingWhenAllSlotsAreTaken) {
  const auto counters = Counters::make();
  for (unsigned i = 0; i < Counters::kSlots - 1; ++i) EXPECT_EQ(counters->claim(), i);
  const unsigned last = counters->claim();
  EXPECT_EQ(counters->claim(), last) << "two workers share it";
  answer(*counters, last, "site");
  EXPECT_EQ(counters->read().groups.at("site").requests, 1u);
}

TEST(Counters, LoseNothingWhenThereAreTooManyGroups) {
  const auto counters = Counters::make();
  constexpr unsigned kMany = Counters::kGroups + 10;
  for (unsigned i = 0; i < kMany; ++i) answer(*counters, 0, "group" + std::to_string(i));
  answer(*counters, 0, std::string(Counters::kLongestName + 1, 'x'));
  const Counted counted = counters->read();
  EXPECT_EQ(counted.requests, kMany + 1);
  EXPECT_EQ(counted.groups.size(), Counters::kGroups - 1);
  EXPECT_EQ(counted.others.requests, 12u);
  EXPECT_EQ(counted.groups.at("group7").requests, 1u);
}

TEST(Counters, LoseNothingWhenAllRowsAreTaken) {
  const auto counters = Counters::make();
  constexpr unsigned kMany = Counters::kRows / Counters::kSlots + 2;
  for (unsigned slot = 0; slot < Counters::kSlots; ++slot) {
    for (unsigned i = 0; i < kMany; ++i) answer(*counters, slot, "group" + std::to_string(i));
  }
  const Counted counted = counters->read();
  EXPECT_EQ(counted.groups.at("group0").requests, Counters::kSlots);
  EXPECT_EQ(counted.groups.at("group" + std::to_string(kMany - 1)).requests, Counters::kSlots);
}

TEST(Counters, CountRefusedDropsAndGenerations) {
  const auto counters = Counters::make();
  counters->count_refusal("site");
  counters->count_generation("site");
  counters->count_generation("site");
  const auto site = counters->read().groups.at("site");
  EXPECT_EQ(site.refusals, 1u);
  EXPECT_EQ(site.generations, 2u);
  EXPECT_EQ(site.requests, 0u);
}

}  // namespace
}  // namespace shoal::status
