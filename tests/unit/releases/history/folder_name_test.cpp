#include "releases/staging/folder_name.hpp"

#include <gmock/gmock.h>

namespace shoal::releases {
namespace {

TEST(NameOfAGroupsFolderTest, IsTheGroupsNameWhereverThatIsSafe) {
  for (const char* name : {"aquarium", "aquarium.screen", "a b", "fish_2-x", "k\xc3\xa4se"}) {
    EXPECT_EQ(folder_name_of(name), name);
  }
}

TEST(NameOfAGroupsFolderTest, LeadsNeverOutOfTheFolderNorToAFileOfTheContainer) {
  EXPECT_EQ(folder_name_of(".."), "%2E.");
  EXPECT_EQ(folder_name_of("../etc"), "%2E.%2Fetc");
  EXPECT_EQ(folder_name_of(".hidden"), "%2Ehidden");
  EXPECT_EQ(folder_name_of(""), "%");
  EXPECT_EQ(folder_name_of("serve.json"), "serve%2Ejson");
  EXPECT_EQ(folder_name_of("a.unreadable"), "a%2Eunreadable");
  EXPECT_EQ(folder_name_of(".json"), "%2Ejson");
  EXPECT_EQ(folder_name_of(std::string_view("a\0b\n", 4)), "a%00b%0A");
}

TEST(NameOfAGroupsFolderTest, DiffersForEachGroup) {
  EXPECT_NE(folder_name_of("a/b"), folder_name_of("a%2Fb"));
  EXPECT_NE(folder_name_of("%"), folder_name_of(""));
  const std::string longest(4'000, 'x');
  EXPECT_LE(folder_name_of(longest + "1").size(), 200u);
  EXPECT_NE(folder_name_of(longest + "1"), folder_name_of(longest + "2"));
}

}  // namespace
}  // namespace shoal::releases
