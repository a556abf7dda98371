#include "elf/string_space.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>

namespace shoal::elf {
namespace {

using namespace std::string_view_literals;

// Positions:                        0 1        10       18
constexpr std::string_view kStrings = "\0base.one\0base.so\0layout.page.so\0"sv;

TEST(StringSpace, IsFoundInAFreeName) {
  StringSpace space(kStrings);
  space.mark_used(1);
  space.mark_free(10);
  EXPECT_EQ(space.place("~1.0"), 10u);
}

TEST(StringSpace, IsNotFoundInAUsedName) {
  StringSpace space(kStrings);
  space.mark_free(1);
  space.mark_used(1);
  EXPECT_EQ(space.place("~1"), std::nullopt);
}

TEST(StringSpace, IsNotFoundInAnUnmarkedName) {
  StringSpace space(kStrings);
  EXPECT_EQ(space.place("~1"), std::nullopt);
}

TEST(StringSpace, EndsWhereAUsedTailBegins) {
  StringSpace space(kStrings);
  space.mark_free(18);                              // layout.page.so
  space.mark_used(25);                              // page.so
  EXPECT_EQ(space.place("1234567"), std::nullopt);  // would need the byte at 25 for its NUL
  EXPECT_EQ(space.place("123456"), 18u);
}

TEST(StringSpace, IsNotFoundInTheTailOfAUsedName) {
  StringSpace space(kStrings);
  space.mark_used(18);
  space.mark_free(25);
  EXPECT_EQ(space.place("~"), std::nullopt);
}

TEST(StringSpace, IsTakenOnceAndSharedByEqualNames) {
  StringSpace space(kStrings);
  space.mark_free(10);  // base.so: eight bytes with its end
  EXPECT_EQ(space.place("~1."), 10u);
  EXPECT_EQ(space.place("~2."), 14u);
  EXPECT_EQ(space.place("~1."), 10u);
  EXPECT_EQ(space.place("~3."), std::nullopt);
}

TEST(StringSpace, IsTakenFromTheSmallestGap) {
  StringSpace space(kStrings);
  space.mark_used(1);
  space.mark_free(18);
  StringSpace other(kStrings);
  other.mark_free(10);
  other.mark_used(1);
  EXPECT_EQ(space.place("1234567"), 18u);
  EXPECT_EQ(other.place("1234567"), 10u);
  EXPECT_EQ(other.place("x"), std::nullopt);
}

TEST(StringSpace, IsTakenFromAReserveLast) {
  StringSpace space(kStrings);
  space.mark_reserve(10);
  space.mark_used(1);
  space.mark_free(18);
  EXPECT_EQ(space.place("~1"), 18u);
  EXPECT_EQ(space.place("12345678901"), 21u);
  EXPECT_EQ(space.place("~2"), 10u);
}

}  // namespace
}  // namespace shoal::elf
