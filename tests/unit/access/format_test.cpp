#include <unistd.h>

#include "visited.hpp"

namespace shoal::access {
namespace {

/// A format, and the line that it makes.
struct Case {
  const char* name;
  const char* format;
  std::string line;
};
void PrintTo(const Case& each, std::ostream* stream) { *stream << each.format; }

const Case kCases[] = {
    {"Percent", "%%", "%"},
    {"TextAroundIt", "a %m b", "a GET b"},
    {"Cpu", "%C", "40.50"},
    {"CpuInTotal", "%{total}C%%", "40.50%"},
    {"CpuInUserMode", "%{user}C", "32.40"},
    {"CpuInKernelMode", "%{system}C", "8.10"},
    {"Duration", "%d", "1.235"},
    {"Seconds", "%{seconds}d", "1.235"},
    {"Milliseconds", "%{milliseconds}d", "1234.567"},
    {"Milli", "%{milli}d", "1234.567"},
    {"MiliAsInOldPhp", "%{mili}d %{miliseconds}d", "1234.567 1234.567"},
    {"Microseconds", "%{microseconds}d", "1234567"},
    {"MicroInCapitals", "%{MICRO}d", "1234567"},
    {"Variable", "%{SERVER_PROTOCOL}e", "HTTP/1.1"},
    {"AbsentVariable", "%{HTTP_REFERER}e", "-"},
    {"File", "%f", "/apps/site/tank.so"},
    {"RequestLength", "%l", "0"},
    {"Method", "%m", "GET"},
    {"Group", "%n", "site"},
    {"Query", "%q", "fish=cod"},
    {"QueryWithItsQuestionMark", "%r%Q%q", "/tank/a%20b?fish=cod"},
    {"Path", "%r", "/tank/a%20b"},
    {"Visitor", "%R", "192.0.2.7"},
    {"Status", "%s", "418"},
    {"StartTime", "%t", "15/Nov/2023:00:13:20 +0200"},
    {"StartTimeInAFormat", "%{%Y-%m-%dT%H:%M:%S%z}t", "2023-11-15T00:13:20+0200"},
    {"EndTime", "%T", "15/Nov/2023:00:13:21 +0200"},
    {"EndTimeInAFormat", "%{%s}T", "1700000001"},
    {"User", "%u", "-"},
    {"BodySize", "%b", "5"},
    {"Generation", "%g", "site/12"},
    {"Module", "%h", "site.tank"},
    {"Id", "%i", "4f2a"},
    {"HeaderOfTheModule", "%{X-Fish}o", "cod"},
    {"HeaderInOtherCase", "%{x-fish}o", "cod"},
    {"HeaderOfTheContainer", "%{X-Shoal-Generation}o", "site/12"},
    {"LengthSetByTheContainer", "%{Content-Length}o", "5"},
    {"TypeSetByTheContainer", "%{Content-Type}o", "text/html; charset=utf-8"},
    {"AbsentHeader", "%{Location}o", "-"},
    {"DefaultOfPhpFpm", "%R - %u %t \"%m %r\" %s",
     "192.0.2.7 - - 15/Nov/2023:00:13:20 +0200 \"GET /tank/a%20b\" 418"},
};

class AConversion : public Visited, public ::testing::WithParamInterface<Case> {};

TEST_P(AConversion, StandsFor) {
  answered([](Response& response) {
    response.status(418).header("X-Fish", "cod");
    response.write("short");
  });
  EXPECT_EQ(line(GetParam().format), GetParam().line);
}

INSTANTIATE_TEST_SUITE_P(, AConversion, ::testing::ValuesIn(kCases),
                         [](const auto& each) { return std::string(each.param.name); });

TEST_F(Visited, HasTheProcessIds) {
  EXPECT_EQ(line("%p"), std::to_string(::getpid()));
  EXPECT_EQ(line("%P"), std::to_string(::getppid()));
}

TEST_F(Visited, HasTheMemoryInSeveralUnits) {
  const auto bytes = std::stoull(line("%M"));
  EXPECT_GT(bytes, 1u << 20);
  EXPECT_GE(std::stoull(line("%{bytes}M")), bytes);
  EXPECT_GE(std::stoull(line("%{kilo}M")), bytes / 1024);
  EXPECT_LT(std::stoull(line("%{kilobytes}M")), bytes);
  EXPECT_GE(std::stoull(line("%{mega}M")), bytes / 1024 / 1024);
  EXPECT_LT(std::stoull(line("%{megabytes}M")), bytes / 1024);
}

TEST_F(Visited, HasTheLengthOfTheRequestBody) {
  sent("CONTENT_LENGTH", "4711");
  EXPECT_EQ(line("%l"), "4711");
  sent("CONTENT_LENGTH", "many");
  EXPECT_EQ(line("%l"), "0");
}

TEST_F(Visited, HasDashesIfNoModuleAnswered) {
  no_module_answered();
  EXPECT_EQ(line("%f %g %h %n"), "- - - -");
}

TEST_F(Visited, HasNoQuestionMarkWithoutAQuery) {
  sent("QUERY_STRING", "");
  sent("REQUEST_URI", "/tank");
  EXPECT_EQ(line("%r%Q%q"), "/tank");
}

TEST_F(Visited, ShowsTheDecodedPathWithoutARequestUri) {
  exchange_.params.erase("REQUEST_URI");
  EXPECT_EQ(line("%r"), "/tank/a b");
}

TEST_F(Visited, HasNoHeadersIfTheAnswerHasNotBegun) {
  response_->header("X-Fish", "cod");
  EXPECT_EQ(line("%{X-Fish}o"), "-");
}

TEST_F(Visited, ThatTookNoTimeUsedNoProcessor) {
  request_.took = 0us;
  request_.cpu = {};
  EXPECT_EQ(line("%C %d"), "0.00 0.000");
}

TEST(AFormat, ReportsIfItNeedsProcessorTime) {
  EXPECT_TRUE(Format("%s %{user}C").asks_for_cpu());
  EXPECT_FALSE(Format("%s %d %%C").asks_for_cpu());
  EXPECT_FALSE(Format("json").asks_for_cpu());
}

TEST(ProcessorTime, OfThisThreadGrows) {
  const Cpu before = cpu_of_this_thread();
  Cpu now = before;
  while (now.user + now.system == before.user + before.system) now = cpu_of_this_thread();
  EXPECT_GT(now.user + now.system, before.user + before.system);
}

}  // namespace
}  // namespace shoal::access
