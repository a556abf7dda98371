#include "releases/apps/name.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shoal::releases {
namespace {

using testing::Optional;

TEST(Name, IsThePathWithDots) {
  EXPECT_THAT(name_of("hello.so"), Optional(std::string("hello")));
  EXPECT_THAT(name_of("aquarium/screen/home.so"), Optional(std::string("aquarium.screen.home")));
  EXPECT_THAT(name_of("A-1/b_2.so"), Optional(std::string("A-1.b_2")));
}

TEST(Name, IsNoneForWhatIsNoSharedObject) {
  for (const char* path : {"", "hello", "hello.cpp", "hello.so.1", "hello.SO", ".so", "a/.so"}) {
    EXPECT_EQ(name_of(path), std::nullopt) << path;
  }
}

TEST(Name, IsNoneWhereASegmentIsNoName) {
  for (const char* path : {"a.b.so", "a b.so", ".a.so", "a/../b.so", "./a.so", "/a.so", "a.b/c.so",
                           "\xc3\xa4.so", "a\n.so", "..so", "a/ /b.so"}) {
    EXPECT_EQ(name_of(path), std::nullopt) << path;
  }
}

TEST(Name, SegmentsAreLettersDigitsUnderscoresAndDashes) {
  EXPECT_TRUE(is_name_segment("azAZ09_-"));
  for (const std::string_view segment :
       {std::string_view(""), std::string_view("."), std::string_view(".."), std::string_view("a."),
        std::string_view("a/b"), std::string_view("a b"), std::string_view("a\0", 2),
        std::string_view("\xe9")}) {
    EXPECT_FALSE(is_name_segment(segment)) << segment;
  }
}

TEST(Type, CoversItselfAndWhatIsBelow) {
  EXPECT_TRUE(is_of_type("aquarium.screen", "aquarium.screen"));
  EXPECT_TRUE(is_of_type("aquarium.screen.home", "aquarium.screen"));
  EXPECT_TRUE(is_of_type("aquarium.screen.home", "aquarium"));
}

TEST(Type, DoesNotCoverWhatOnlyBeginsAlike) {
  EXPECT_FALSE(is_of_type("aquarium.screenshot", "aquarium.screen"));
  EXPECT_FALSE(is_of_type("aquarium", "aquarium.screen"));
  EXPECT_FALSE(is_of_type("other.aquarium", "aquarium"));
}

}  // namespace
}  // namespace shoal::releases
