// The `modules` key: the settings of modules.

#include "configuration.hpp"

namespace shoal::settings {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(Configuration, GivesEachModuleItsOwnSettings) {
  const auto modules = settings_with(
                           "modules:\n"
                           "  hello: { greeting: Hello, repeat: 3 }\n"
                           "  aquarium.screen.index:\n"
                           "    title: Welcome\n"
                           "    menu: [home, about]\n"
                           "    database: { host: db.example, wait: 5s }\n")
                           .modules;
  ASSERT_EQ(modules.size(), 2u);
  const Config& hello = modules.at("hello");
  EXPECT_THAT(hello.keys(), ElementsAre("greeting", "repeat"));
  EXPECT_EQ(hello.get<std::string>("greeting"), "Hello");
  EXPECT_EQ(hello.get<int>("repeat"), 3);

  const Config& index = modules.at("aquarium.screen.index");
  EXPECT_THAT(index.get<std::vector<std::string>>("menu"), ElementsAre("home", "about"));
  EXPECT_EQ(index.section("database").get<std::string>("host"), "db.example");
  EXPECT_EQ(index.section("database").get<std::chrono::milliseconds>("wait"),
            std::chrono::seconds(5));
}

TEST_F(Configuration, GivesTheModuleThePlaceOfEachSetting) {
  const auto modules = settings_with("modules:\n  hello:\n    repeat: often\n").modules;
  try {
    modules.at("hello").get<int>("repeat");
    FAIL() << "a word was read as a number";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("shoal.yaml:7: modules.hello.repeat: "));
  }
}

TEST_F(Configuration, MayBeEmptyForAModule) {
  const auto modules = settings_with("modules:\n  hello:\n").modules;
  EXPECT_TRUE(modules.at("hello").keys().empty());
}

TEST_F(Configuration, FollowsAliases) {
  const auto modules =
      settings_with("modules:\n  one: &shared { size: 4 }\n  two: *shared\n").modules;
  EXPECT_EQ(modules.at("two").get<int>("size"), 4);
}

TEST_F(Configuration, RefusesEndlessAliases) {
  EXPECT_THAT(error_with("modules:\n  hello: &self\n    again: *self\n"),
              HasSubstr("shoal.yaml:6: modules.hello: has more than 10000 settings, or settings "
                        "nested more than 32 deep"));
  EXPECT_THAT(error_with("modules:\n  hello: &self\n    again: [*self, *self]\n"),
              HasSubstr("look for an alias that contains itself"));
  std::string laughs = "modules:\n  hello:\n    l0: &l0 [a, a, a, a, a, a, a, a, a, a]\n";
  for (int level = 1; level < 9; ++level) {
    const std::string inner = "*l" + std::to_string(level - 1);
    laughs += "    l" + std::to_string(level) + ": &l" + std::to_string(level) + " [";
    for (int item = 0; item < 10; ++item) laughs += (item == 0 ? "" : ", ") + inner;
    laughs += "]\n";
  }
  EXPECT_THAT(error_with(laughs), HasSubstr("more than 10000 settings"));
}

TEST_F(Configuration, RefusesWrongNamesOfModules) {
  EXPECT_THAT(error_with("modules:\n  aquarium/screen: {}\n"),
              HasSubstr("\"aquarium/screen\" is not a dotted name"));
}

TEST_F(Configuration, RefusesModuleSettingsThatAreNotAMapping) {
  EXPECT_THAT(error_with("modules:\n  hello: Hello\n"),
              HasSubstr("modules.hello: is not a mapping"));
  EXPECT_THAT(error_with("modules: [hello]\n"), HasSubstr("modules: is a list; write a mapping"));
}

TEST_F(Configuration, RefusesModuleSettingsThatAreGivenTwice) {
  EXPECT_THAT(error_with("modules:\n  hello:\n    db: { host: a,\n      host: b }\n"),
              HasSubstr("shoal.yaml:8: modules.hello.db.host: given twice, first on line 7"));
}

}  // namespace
}  // namespace shoal::settings
