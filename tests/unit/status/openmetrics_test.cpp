#include "status/openmetrics.hpp"

#include <gmock/gmock.h>

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "sample.hpp"
#include "status/exposition.hpp"

namespace shoal::status {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(OpenMetrics, HasTheMetricsForAlerts) {
  const std::string text = openmetrics(sample::troubled());
  for (const char* line : {
           "shoal_up 1\n",
           "shoal_healthy 0\n",
           "shoal_requests_total 2408662\n",
           "shoal_generations_total 21\n",
           "shoal_group_generations_total{group=\"aquarium\"} 7\n",
           "shoal_crashes_total 4\n",
           "shoal_config_last_reload_successful 0\n",
           "shoal_workers{state=\"serving\"} 1\n",
           "shoal_workers_wanted 4\n",
           "shoal_threads{doing=\"handling\"} 3\n",
           "shoal_worker_connections{pid=\"4712\"} 31\n",
           "shoal_worker_threads_limit{pid=\"4712\"} 4\n",
           "shoal_worker_waiting{pid=\"4712\"} 0\n",
           "shoal_worker_answers_cut_total{pid=\"4712\"} 5\n",
           "shoal_worker_accept_pauses_total{pid=\"4712\"} 2\n",
           "shoal_worker_resident_memory_bytes{pid=\"4712\"} 48234496\n",
           "shoal_group_requests_total{group=\"aquarium\"} 1000\n",
           "shoal_group_errors_total{group=\"aquarium\"} 3\n",
           "shoal_group_request_duration_seconds_bucket{group=\"aquarium\",le=\"0.005\"} 500\n",
           "shoal_group_request_duration_seconds_bucket{group=\"aquarium\",le=\"1.0\"} 1000\n",
           "shoal_group_request_duration_seconds_bucket{group=\"aquarium\",le=\"+Inf\"} 1000\n",
           "shoal_group_generation{group=\"aquarium\"} 12\n",
           "shoal_group_serving_info{group=\"aquarium\",generation=\"aquarium/12\"} 1\n",
           "shoal_group_generations_served{group=\"aquarium\"} 2\n",
           "shoal_group_lingering_generations{group=\"guestbook\"} 2\n",
           "shoal_group_refused_drops_total{group=\"guestbook\"} 2\n",
           "shoal_group_drop_refused{group=\"guestbook\"} 1\n",
           "shoal_group_quarantined{group=\"aquarium\"} 1\n",
           "shoal_group_quarantined{group=\"hello\"} 0\n",
           "shoal_deployer_up 1\n",
           "shoal_apps_readable 1\n",
           "shoal_group_drop_waiting{group=\"hello\"} 1\n",
           "shoal_group_release{group=\"aquarium\"} 12\n",
           "shoal_group_deploying{group=\"hello\"} 1\n",
           "shoal_group_last_drop_info{group=\"guestbook\",release=\"2\",verdict=\"refused\"} 1\n",
           "shoal_group_last_drop_duration_seconds{group=\"aquarium\"} 0.34\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, EndsWith("\n# EOF\n"));
}

TEST(OpenMetrics, HasExactBuckets) {
  Overview overview = sample::healthy();
  Histogram& latency = overview.groups[0].latency;
  latency = {};
  // One request on each bound: a bucket with a wrong bound would miss it.
  int bounds = 0;
  for (const auto bound : Histogram::bounds()) {
    latency.add(bound);
    ++bounds;
  }
  const std::string text = openmetrics(overview);
  EXPECT_THAT(text, HasSubstr("le=\"0.0001\"} 47\n"));
  EXPECT_THAT(text, HasSubstr("le=\"0.0025\"} 79\n"));
  EXPECT_THAT(text, HasSubstr("le=\"+Inf\"} " + std::to_string(bounds) + "\n"));
}

TEST(OpenMetrics, EscapesLabels) {
  Exposition out;
  out.family("x", "gauge", "", "X.");
  out.sample("", {{"a", "q\"b\\c\nd\xff"}}, 1.5);
  EXPECT_EQ(out.text(),
            "# TYPE x gauge\n# HELP x X.\nx{a=\"q\\\"b\\\\c\\nd\xef\xbf\xbd\"} 1.5\n# EOF\n");
  EXPECT_THAT(openmetrics(sample::hostile()), Not(HasSubstr("\xff")));
}

TEST(OpenMetrics, OfAnEmptyOverviewIsComplete) {
  EXPECT_THAT(openmetrics(Overview{}), EndsWith("# EOF\n"));
}

/// Reads `text` with the client library of Prometheus, which is stricter than its server. Returns
/// the errors, or the number of samples.
std::string parse(const std::string& text) {
  const auto file =
      std::filesystem::temp_directory_path() / ("shoal.openmetrics." + std::to_string(::getpid()));
  std::ofstream(file, std::ios::binary) << text;
  const std::string line =
      std::string(SHOAL_DEBIAN_PYTHON " " SHOAL_OPENMETRICS_READER " ") + file.native() + " 2>&1";
  std::FILE* pipe = ::popen(line.c_str(), "r");
  std::string said;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) said += static_cast<char>(c);
  ::pclose(pipe);
  std::filesystem::remove(file);
  return said;
}

TEST(OpenMetrics, AreReadByTheLibraryOfPrometheus) {
  EXPECT_EQ(parse(openmetrics(sample::healthy())), "152 samples\n");
  EXPECT_EQ(parse(openmetrics(sample::troubled())), "187 samples\n");
  EXPECT_EQ(parse(openmetrics(sample::hostile())), "187 samples\n");
  EXPECT_THAT(parse(openmetrics(Overview{})), EndsWith(" samples\n"));
  EXPECT_THAT(parse("shoal_up 1\n"), HasSubstr("Missing # EOF")) << "otherwise it accepts anything";
}

}  // namespace
}  // namespace shoal::status
