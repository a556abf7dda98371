#include "status/json.hpp"

#include <gmock/gmock.h>

#include "sample.hpp"
#include "status/health.hpp"

namespace shoal::status {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

Overview through_text(const Overview& overview) {
  return json::parse(json(overview).dump()).get<Overview>();
}

std::string refusal_of(const json& status) {
  try {
    status.get<Overview>();
  } catch (const JsonError& error) {
    return error.what();
  }
  return "";
}

TEST(Json, OfAnOverviewCanBeReadBack) {
  EXPECT_EQ(through_text(sample::healthy()), sample::healthy());
  EXPECT_EQ(through_text(sample::troubled()), sample::troubled());
  EXPECT_EQ(through_text(Overview{}), Overview{});
  EXPECT_EQ(json(sample::troubled()).get<Overview>(), sample::troubled()) << "without text between";
}

TEST(Json, OfAWorkerStatusCanBeReadBack) {
  const WorkerStatus status{.worker = sample::worker(7), .groups = sample::troubled().groups};
  EXPECT_EQ(json::parse(json(status).dump()).get<WorkerStatus>(), status);
}

TEST(Json, OfADeployerStatusCanBeReadBack) {
  const DeployerStatus status{.deployer = sample::deployer(), .groups = sample::troubled().groups};
  EXPECT_EQ(json::parse(json(status).dump()).get<DeployerStatus>(), status);
}

TEST(Json, KeepsLatenciesBeyondTheLastBound) {
  Overview overview = sample::healthy();
  overview.groups[0].latency.add(std::chrono::hours(1));
  overview.groups[0].latency.add(std::chrono::nanoseconds(0));
  EXPECT_EQ(through_text(overview), overview);
}

TEST(Json, HasQuantilesInSeconds) {
  const json latency = json(sample::healthy())["groups"][0]["latency"];
  EXPECT_NEAR(latency["p50"].get<double>(), 0.005, 0.0005);
  EXPECT_NEAR(latency["p99"].get<double>(), 0.0099, 0.0009);
  EXPECT_EQ(latency["count"], 1000);
}

TEST(Json, HasTheVerdict) {
  const json good = sample::healthy();
  EXPECT_EQ(good["version"], "0.1.0");
  EXPECT_EQ(good["healthy"], true);
  EXPECT_EQ(good["findings"], json::array());

  const json bad = sample::troubled();
  EXPECT_EQ(bad["healthy"], false);
  const auto findings = health_of(sample::troubled()).findings;
  ASSERT_EQ(bad["findings"].size(), findings.size());
  EXPECT_EQ(bad["findings"][0]["level"], "broken");
  EXPECT_EQ(bad["findings"][0]["title"], findings[0].title);
  EXPECT_EQ(bad["findings"][0]["detail"], findings[0].detail);
}

TEST(Json, IsOneLineOfValidUtf8EvenWithHostileTexts) {
  const std::string line = json(sample::hostile()).dump();  // throws if a byte is not UTF-8
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  EXPECT_THAT(line, HasSubstr("\xef\xbf\xbd"));
  EXPECT_THAT(json::parse(line).get<Overview>().groups[0].name, HasSubstr("<script>alert(1)"));
}

TEST(Json, IsRefusedWithThePathOfAMissingKey) {
  json changed = sample::troubled();
  changed["groups"][1].erase("loaded");
  EXPECT_EQ(refusal_of(changed), "groups[1].loaded: must be a number");
  changed = sample::troubled();
  changed["workers"][0]["threads"][2]["doing"] = "dancing";
  EXPECT_EQ(refusal_of(changed),
            "workers[0].threads[2].doing: must be one of idle, waiting, handling, writing");
  EXPECT_EQ(refusal_of(json::array()), "status: must be an object");
}

TEST(Json, IsRefusedWhenAValueHasAnotherType) {
  json good = sample::troubled();
  ASSERT_EQ(refusal_of(good), "");
  int tried = 0;
  const json flat = good.flatten();
  for (const auto& [path, value] : flat.items()) {
    // Quantiles and verdict are computed from other values, and are not read.
    const std::string_view end(path);
    if (end.starts_with("/healthy") || end.starts_with("/findings/")) continue;
    if (end.ends_with("/p50") || end.ends_with("/p99") || end.ends_with("latency/count")) continue;
    json wrong = good;
    wrong[json::json_pointer(path)] = json(nullptr);
    EXPECT_NE(refusal_of(wrong), "") << path;
    if (value.is_number_unsigned()) {
      wrong[json::json_pointer(path)] = -1;
      EXPECT_NE(refusal_of(wrong), "") << path;
    }
    ++tried;
  }
  EXPECT_GT(tried, 100);
}

TEST(Json, MayHaveUnknownKeys) {
  json changed = sample::healthy();
  changed["weather"] = "fair";
  changed["groups"][0]["colour"] = {1, 2};
  EXPECT_EQ(changed.get<Overview>(), sample::healthy());
}

}  // namespace
}  // namespace shoal::status
