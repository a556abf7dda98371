// The `groups` key.

#include "configuration.hpp"

namespace shoal::settings {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

TEST_F(Configuration, RefusesAGroupWhoseNameIsTooLong) {
  EXPECT_EQ(
      settings_with("groups: { " + std::string(200, 'g') + ": [site] }\n").groups.types.size(), 1u);
  EXPECT_THAT(error_with("groups:\n  " + std::string(250, 'g') + ": [site]\n"),
              testing::AllOf(testing::HasSubstr("shoal.yaml:6: groups.g"),
                             testing::HasSubstr(" has 250 bytes; use at most 200")));
}

TEST_F(Configuration, MayBeFalseTrueOrAMappingForGroups) {
  EXPECT_EQ(settings_with("groups: false\n").groups.kind, Groups::Kind::kNever);
  EXPECT_EQ(settings_with("groups: true\n").groups.kind, Groups::Kind::kTopLevel);
  const Groups groups =
      settings_with("groups:\n  site: [aquarium.screen, aquarium.layout]\n  admin_2: [admin]\n")
          .groups;
  EXPECT_EQ(groups.kind, Groups::Kind::kListed);
  EXPECT_THAT(groups.types,
              ElementsAre(Pair("admin_2", ElementsAre("admin")),
                          Pair("site", ElementsAre("aquarium.screen", "aquarium.layout"))));
}

TEST_F(Configuration, LetsTypesOfDifferentGroupsNest) {
  EXPECT_EQ(
      settings_with("groups: { site: [aquarium], forms: [aquarium.form] }\n").groups.types.size(),
      2u);
}

TEST_F(Configuration, RefusesATypeInTwoGroupsAndNamesBothLines) {
  EXPECT_EQ(
      error_with("groups:\n  site: [aquarium.screen]\n  forms:\n    - aquarium.form\n"
                 "    - aquarium.screen\n"),
      "shoal.yaml:9: groups.forms[1]: the type \"aquarium.screen\" is already in group \"site\", "
      "on line 6; remove it from one of the two places");
  EXPECT_THAT(error_with("groups:\n  site: [hello, hello]\n"),
              HasSubstr("is already in group \"site\", on line 6"));
}

TEST_F(Configuration, RefusesGroupNamesWithOtherCharacters) {
  EXPECT_EQ(
      error_with("groups:\n  my.site: [aquarium]\n"),
      "shoal.yaml:6: groups.my.site: \"my.site\" is not a group name; use only letters, digits, _ "
      "and -");
}

TEST_F(Configuration, RefusesTypesThatAreNotDottedNames) {
  for (const char* type : {"aquarium..screen", ".aquarium", "aquarium.", "a/b", "'*'", "''"}) {
    EXPECT_THAT(error_with(std::string("groups: { site: [") + type + "] }\n"),
                HasSubstr("is not a dotted name; write letters, digits, _ and -"));
  }
}

TEST_F(Configuration, RefusesGroupsWithoutTypes) {
  EXPECT_THAT(error_with("groups: { site: [] }\n"), HasSubstr("groups.site: has no types"));
  EXPECT_THAT(error_with("groups: {}\n"), HasSubstr("groups: has no groups; write true, false"));
  EXPECT_THAT(error_with("groups:\n"), HasSubstr("groups: has no groups"));
}

TEST_F(Configuration, RefusesGroupsThatAreAListOrAText) {
  EXPECT_THAT(errors_with("groups: [aquarium]\n"),
              ElementsAre(StartsWith("shoal.yaml:5: groups: is a list; write a mapping")));
  EXPECT_THAT(error_with("groups: some\n"), HasSubstr("is neither true nor false"));
  EXPECT_THAT(error_with("groups: { site: aquarium }\n"), HasSubstr("is not a list; write it in"));
}

TEST_F(Configuration, RefusesAGroupThatIsGivenTwice) {
  EXPECT_THAT(error_with("groups:\n  site: [a]\n  site: [b]\n"),
              HasSubstr("groups.site: given twice, first on line 6"));
}

}  // namespace
}  // namespace shoal::settings
