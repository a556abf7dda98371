#include "releases/apps/grouping.hpp"

#include <gtest/gtest.h>

namespace shoal::releases {
namespace {

void expect_in(const Grouping& grouping, const char* module, const char* group) {
  EXPECT_EQ(grouping.of(module).group, group) << module;
  EXPECT_TRUE(grouping.of(module).swept) << module;
}

void expect_pinned(const Grouping& grouping, const char* module, const char* group) {
  EXPECT_EQ(grouping.of(module).group, group) << module;
  EXPECT_FALSE(grouping.of(module).swept) << module;
}

TEST(Grouping, NeverPinsEverything) {
  expect_pinned(Grouping::never(), "aquarium.screen.home", "pinned.aquarium");
  expect_pinned(Grouping::never(), "hello", "pinned.hello");
}

TEST(Grouping, TopLevelMakesAGroupOfEachFolderAndOfEachFile) {
  expect_in(Grouping::top_level(), "aquarium.screen.home", "aquarium");
  expect_in(Grouping::top_level(), "aquarium.layout", "aquarium");
  expect_in(Grouping::top_level(), "hello", "hello");
}

TEST(Grouping, ListedTypesCoverThemselvesAndWhatIsBelow) {
  const auto grouping = Grouping::listed({{"site", {"aquarium.screen", "aquarium.layout"}}});
  expect_in(grouping, "aquarium.screen", "site");
  expect_in(grouping, "aquarium.screen.home", "site");
  expect_in(grouping, "aquarium.layout.page.wide", "site");
}

TEST(Grouping, ListedPinsWhatHasNoType) {
  const auto grouping = Grouping::listed({{"site", {"aquarium.screen"}}});
  expect_pinned(grouping, "aquarium.screenshot", "pinned.aquarium");
  expect_pinned(grouping, "aquarium", "pinned.aquarium");
  expect_pinned(grouping, "hello", "pinned.hello");
  expect_pinned(Grouping::listed({}), "hello", "pinned.hello");
}

TEST(Grouping, TheLongestTypeWins) {
  const auto grouping = Grouping::listed({{"all", {"a"}}, {"deep", {"a.b.c"}}, {"mid", {"a.b"}}});
  expect_in(grouping, "a.x", "all");
  expect_in(grouping, "a.b", "mid");
  expect_in(grouping, "a.b.x", "mid");
  expect_in(grouping, "a.b.c.d", "deep");
}

}  // namespace
}  // namespace shoal::releases
