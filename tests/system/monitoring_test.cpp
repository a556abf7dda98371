// What deploy/monitoring.md promises.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "built.hpp"
#include "eventually.hpp"
#include "site.hpp"
#include "unit/documented.hpp"

namespace shoal::system {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;

const std::string kManual = std::string(built::kRepository) + "/deploy/monitoring.md";

class Monitoring : public Site {
 protected:
  Monitoring() : Site({.status = "{ route: /-/shoal }"}) {}
};

TEST_F(Monitoring, AnswersTheQueryOfTheManual) {
  drop("1", {"lone"});
  start();
  EXPECT_THAT(contents(kManual), HasSubstr("metrics_path: /-/shoal\n"));
  EXPECT_THAT(contents(kManual), HasSubstr("params: { openmetrics: [''] }\n"));
  const auto [exit_code, output] =
      run("curl --silent --show-error --include http://127.0.0.1:" + std::to_string(port()) +
          "'/-/shoal?openmetrics='");
  EXPECT_EQ(exit_code, 0);
  EXPECT_THAT(output, HasSubstr("Content-Type: application/openmetrics-text; version=1.0.0"));
  EXPECT_THAT(output, HasSubstr("\nshoal_up 1\n"));
  EXPECT_THAT(output, HasSubstr("\nshoal_healthy 1\n"));
  EXPECT_THAT(output, EndsWith("\n# EOF\n"));
}

TEST_F(Monitoring, HasVersionAndHealthAtTheTopOfTheJson) {
  drop("1", {"lone"});
  start();
  for (const char* command : {"$SHOAL status --json -c $HERE/shoal.yaml",
                              "curl --silent http://127.0.0.1:$PORT'/-/shoal?json='"}) {
    shell("PORT=" + std::to_string(port()) + "; " + command + " > $HERE/state.json");
    const json state = json::parse(contents(here() / "state.json"));
    EXPECT_THAT(run(std::string(built::kContainer) + " --version").output,
                HasSubstr(state.at("version").get<std::string>()));
    EXPECT_EQ(state.at("healthy"), true);
    EXPECT_EQ(state.at("findings"), json::array());
  }
  drop("throws_when_made", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  const json state = json::parse(get("/-/shoal?json").body);
  EXPECT_EQ(state.at("healthy"), false);
  EXPECT_EQ(state.at("findings").at(0).at("group"), "lone");
}

TEST_F(Monitoring, DocumentsEachKeyOfAProbe) {
  shell("$SHOAL probe --json $BUILT/1/lone.so > $HERE/good.json");
  const json good = json::parse(contents(here() / "good.json"));
  const test::Texts lists{"files[].abi", "files[].needs", "files[].threads"};
  EXPECT_EQ(test::keys_of(good, lists), test::documented(kManual, "shoal probe --json"));
}

}  // namespace
}  // namespace shoal::system
