#include "elf/room.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>

namespace shoal::elf {
namespace {

using namespace std::string_view_literals;

// Positions:                        0 1        10       18
constexpr std::string_view kStrings = "\0base.one\0base.so\0layout.page.so\0"sv;

TEST(Room, IsWhereANameStoodThatNothingRefersTo) {
  Room room(kStrings);
  room.keep(1);
  room.free(10);
  EXPECT_EQ(room.place("~1.0"), 10u);
}

TEST(Room, IsNotWhereANameIsKept) {
  Room room(kStrings);
  room.free(1);
  room.keep(1);
  EXPECT_EQ(room.place("~1"), std::nullopt);
}

TEST(Room, IsNotWhereNobodyHasFreedIt) {
  Room room(kStrings);
  EXPECT_EQ(room.place("~1"), std::nullopt);
}

TEST(Room, EndsWhereATailIsKept) {
  Room room(kStrings);
  room.free(18);                                   // layout.page.so
  room.keep(25);                                   // page.so
  EXPECT_EQ(room.place("1234567"), std::nullopt);  // would need the byte at 25 for its NUL
  EXPECT_EQ(room.place("123456"), 18u);
}

TEST(Room, IsNoneInATailWhoseWholeIsKept) {
  Room room(kStrings);
  room.keep(18);
  room.free(25);
  EXPECT_EQ(room.place("~"), std::nullopt);
}

TEST(Room, IsTakenOnceAndSharedByTheSameName) {
  Room room(kStrings);
  room.free(10);  // base.so: eight bytes with its end
  EXPECT_EQ(room.place("~1."), 10u);
  EXPECT_EQ(room.place("~2."), 14u);
  EXPECT_EQ(room.place("~1."), 10u);
  EXPECT_EQ(room.place("~3."), std::nullopt);
}

TEST(Room, OfTheFittingSizeIsTakenFirst) {
  Room room(kStrings);
  room.keep(1);
  room.free(18);
  Room same(kStrings);
  same.free(10);
  same.keep(1);
  EXPECT_EQ(room.place("1234567"), 18u);
  EXPECT_EQ(same.place("1234567"), 10u);
  EXPECT_EQ(same.place("x"), std::nullopt);
}

TEST(Room, ThatIsSpareIsTakenLast) {
  Room room(kStrings);
  room.spare(10);
  room.keep(1);
  room.free(18);
  EXPECT_EQ(room.place("~1"), 18u);
  EXPECT_EQ(room.place("12345678901"), 21u);
  EXPECT_EQ(room.place("~2"), 10u);
}

}  // namespace
}  // namespace shoal::elf
