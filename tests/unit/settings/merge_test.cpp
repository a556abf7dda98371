// `<<` in a mapping: what YAML 1.1 calls a merge key.

#include "configuration.hpp"

namespace shoal::settings {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr const char* kMerge =
    "write the alias of a mapping, as in \"<<: *name\", or a list of such ";

TEST_F(Configuration, MergesAMappingIntoAModulesSettings) {
  const auto modules = settings_with(
                           "modules:\n"
                           "  one: &shared { size: 4, host: db }\n"
                           "  two: { <<: *shared, size: 5 }\n"
                           "  three: { size: 6, <<: *shared }\n")
                           .modules;
  for (const auto& [name, size] : {std::pair("one", 4), {"two", 5}, {"three", 6}}) {
    EXPECT_EQ(modules.at(name).get<int>("size"), size) << name << ": its own value is preferred";
    EXPECT_EQ(modules.at(name).get<std::string>("host"), "db") << name;
    EXPECT_THAT(modules.at(name).keys(), UnorderedElementsAre("size", "host"));
  }
}

TEST_F(Configuration, MergesListsOfMappingsAndPrefersTheFirst) {
  const auto modules = settings_with(
                           "modules:\n"
                           "  one: &one { size: 1, host: first }\n"
                           "  two: &two { size: 2, port: 80, <<: { user: fish } }\n"
                           "  all: { <<: [*one, *two, { size: 3, path: / }] }\n")
                           .modules;
  const Config& all = modules.at("all");
  EXPECT_EQ(all.get<int>("size"), 1);
  EXPECT_EQ(all.get<std::string>("host"), "first");
  EXPECT_EQ(all.get<int>("port"), 80);
  EXPECT_EQ(all.get<std::string>("user"), "fish");
  EXPECT_EQ(all.get<std::string>("path"), "/");
}

TEST_F(Configuration, MergesInEverySection) {
  const auto settings = settings_with(
      "limits: &times { read_timeout: 7s, write_timeout: 8s }\n"
      "sweep: &sweep\n"
      "  wait: 9s\n"
      "workers:\n"
      "  <<: { threads: 3 }\n"
      "quarantine: { crashes: 2 }\n");
  EXPECT_EQ(settings.limits.read_timeout, std::chrono::seconds(7));
  EXPECT_EQ(settings.workers.threads, 3);
}

TEST_F(Configuration, ReportsWhereAMergedValueIsWritten) {
  EXPECT_EQ(error_with("workers:\n"
                       "  <<:\n"
                       "    threads: many\n"),
            "shoal.yaml:7: workers.threads: \"many\" is not a whole number; write 1 to 1024");
  const auto modules = settings_with(
                           "modules:\n"
                           "  one: &shared\n"
                           "    repeat: often\n"
                           "  two:\n"
                           "    <<: *shared\n")
                           .modules;
  try {
    modules.at("two").get<int>("repeat");
    FAIL() << "a word was read as a number";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("shoal.yaml:7: modules.two.repeat: "));
  }
}

TEST_F(Configuration, RefusesToMergeAnythingButMappings) {
  for (const char* what : {"5", "~", "&x text"}) {
    EXPECT_THAT(
        error_with("modules:\n  one:\n    <<: " + std::string(what) + "\n"),
        HasSubstr("shoal.yaml:7: modules.one.<<: can merge mappings only; " + std::string(kMerge)))
        << what;
  }
  EXPECT_THAT(
      error_with("modules:\n  one:\n    <<: [{ a: 1 },\n      5]\n"),
      HasSubstr("shoal.yaml:8: modules.one.<<: can merge mappings only, and an item of this "
                "list is not a mapping; "));
  EXPECT_THAT(error_with("sweep: { <<: 5 }\n"), HasSubstr("shoal.yaml:5: sweep.<<: can merge "));
  EXPECT_THAT(error_with("modules:\n  one:\n    <<: { a: 1 }\n    <<: { b: 1 }\n"),
              HasSubstr("shoal.yaml:8: modules.one.<<: given twice, first on line 7"));
}

TEST_F(Configuration, TreatsAMergeKeyInQuotesAsAnOrdinaryKey) {
  const auto modules = settings_with("modules:\n  one: { '<<': 5 }\n").modules;
  EXPECT_THAT(modules.at("one").keys(), ElementsAre("<<"));
}

TEST_F(Configuration, MergesAMappingThatContainsItselfOnce) {
  const auto modules = settings_with("modules:\n  one: &self { <<: *self, a: 1 }\n").modules;
  EXPECT_THAT(modules.at("one").keys(), ElementsAre("a"));
  std::string laughs = "modules:\n  l0: &l0 { a0: 1 }\n";
  for (int level = 1; level < 40; ++level) {
    const std::string inner = "*l" + std::to_string(level - 1);
    laughs += "  l" + std::to_string(level) + ": &l" + std::to_string(level) + " { <<: [" + inner +
              ", " + inner + "], a" + std::to_string(level) + ": 1 }\n";
  }
  EXPECT_EQ(settings_with(laughs).modules.at("l39").keys().size(), 40u);
}

}  // namespace
}  // namespace shoal::settings
