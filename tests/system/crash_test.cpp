// A module that ends its process: what the report, the log and the status say, and when the module
// is withdrawn.
#include <gmock/gmock.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "eventually.hpp"
#include "site.hpp"
#include "source_line.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class CrashingModule : public Site {
 protected:
  explicit CrashingModule(SiteOptions options = {}) : Site(std::move(options)) {}

  void SetUp() override {
    drop("1");
    drop("plain");
    start();
    EXPECT_EQ(get("/lone").body, "lone 1\n");
    drop("deadly", {"lone"});
    EXPECT_EQ(get("/lone").body, "lone 2\n");
  }

  /// Has the module end its worker, and waits for the report. `id` is the id of the request; if it
  /// is empty, the container chooses one.
  void crash(const std::string& id = "", const std::string& how = "die") {
    const std::size_t before = said("was ended by");
    Request request{.path = "/lone?" + how};
    if (!id.empty()) request.headers.emplace_back("X-Request-Id", id);
    EXPECT_EQ(send(request).status, 502);
    ASSERT_TRUE(eventually(
        [&] { return said("was ended by") == before + 1 && said("the report is") == before + 1; }));
  }

  std::string crash_report() const {
    for (const auto& entry : fs::directory_iterator(here() / "run" / "crashes")) {
      if (entry.path().extension() == ".txt") return contents(entry.path());
    }
    return "no report";
  }
};

TEST_F(CrashingModule, LeavesAReportThatNamesRequestGenerationAndFunction) {
  crash();
  ASSERT_TRUE(eventually([&] { return said("the report is") == 1; }));
  const std::string report = crash_report();
  EXPECT_THAT(report, HasSubstr("SIGSEGV"));
  EXPECT_THAT(report, HasSubstr("GET /lone?die"));
  EXPECT_THAT(report, HasSubstr("lone/2"));
  EXPECT_THAT(report, HasSubstr("swim_into_the_net"));
  EXPECT_THAT(report, ContainsRegex("lone.so [0-9a-f]{20}"));
  const std::string line = source_line("deadly.cpp", "dies");
  EXPECT_THAT(report, ContainsRegex("swim_into_the_net.* at /.*/" + line + "\n"));
  EXPECT_THAT(report, Not(HasSubstr("places:"))) << "this part is for programs";
  EXPECT_TRUE(eventually([&] { return said("/" + line) == 1; })) << "the log has the stack, too";
  EXPECT_THAT(log(), ContainsRegex("swim_into_the_net.* at /.*/" + line + "\n"));
  EXPECT_EQ(get("/lone").body, "lone 2\n") << "one crash is no reason to withdraw it";
}

TEST_F(CrashingModule, KeepsItsGenerationNumberInTheNextWorker) {
  crash();
  EXPECT_EQ(generation("/lone"), "lone/2");
  EXPECT_EQ(generation("/"), "site/1");
}

TEST_F(CrashingModule, IsReplacedByTheLastGoodFilesAfterThreeCrashesUntilTheNextDrop) {
  for (int i = 0; i < 3; ++i) crash();
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 1\n"; }));
  EXPECT_THAT(get("/lone").generation(), ContainsRegex("lone/[0-9]+ \\(instead of .*quarantine"));
  EXPECT_EQ(get("/lone?die").body, "lone 1\n") << "version 1 ignores the query";

  EXPECT_EQ(stop_container(SIGTERM), 0);
  start();
  EXPECT_EQ(get("/lone").body, "lone 1\n") << "a restart keeps the quarantine";

  drop("deadly", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n") << "a new drop ends the quarantine";
  EXPECT_THAT(get("/lone").generation(), Not(HasSubstr("quarantine")));
}

TEST_F(CrashingModule, IsNotWithdrawnForOneRequestThatTheWebServerRetries) {
  for (int i = 0; i < 4; ++i) crash("the-same");
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  for (int i = 0; i < 2; ++i) crash();
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 1\n"; }));
}

TEST_F(CrashingModule, IsWithdrawnForCrashesOfItsOwnThreadsAndForCallsOfExit) {
  crash("", "thread");
  EXPECT_THAT(crash_report(), HasSubstr("swim_into_the_net"));
  crash("", "exit");
  EXPECT_THAT(log(), HasSubstr("exit(0) was called"));
  crash("", "thread");
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 1\n"; }));
}

TEST_F(CrashingModule, IsListedOncePerPlaceAndAsPastInTheStatus) {
  for (int i = 0; i < 2; ++i) crash();
  const auto status = [this](const std::string& options) {
    return shoal("status -c shoal.yaml " + options);
  };
  EXPECT_TRUE(eventually([&] { return status("").exit_code == 0; })) << status("").output;
  const std::string table = status("").output;
  const auto past = table.find("earlier problems:\n");
  ASSERT_NE(past, std::string::npos) << table;
  EXPECT_THAT(table.substr(past), HasSubstr("2 worker processes crashed within the last hour"));
  EXPECT_THAT(table.substr(past), HasSubstr("SIGSEGV, 2 times, first "));
  const auto json = nlohmann::json::parse(status("--json").output);
  EXPECT_EQ(json["crashed"], 2);
  EXPECT_EQ(json["crashed_recently"], 2);
  ASSERT_EQ(json["crashes"].size(), 1u) << json["crashes"];
  EXPECT_EQ(json["crashes"][0]["count"], 2);
  EXPECT_EQ(json["crashes"][0]["signal"], "SIGSEGV");
  EXPECT_THAT(json["crashes"][0]["stack"].dump(), HasSubstr("swim_into_the_net"));

  drop("throws_when_made", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_EQ(status("").exit_code, 1) << "the drop is refused now";
}

class CrashingModuleOfTwoWorkers : public CrashingModule {
 protected:
  CrashingModuleOfTwoWorkers()
      : CrashingModule({.workers = "{ processes: 2, threads: 4, grace: 60s }"}) {}
};

TEST_F(CrashingModuleOfTwoWorkers, IsWithdrawnInBoth) {
  for (int i = 0; i < 3; ++i) crash();
  ASSERT_TRUE(eventually([&] { return get("/lone").body == "lone 1\n"; }));
  const std::string first = get("/lone").generation();
  ASSERT_TRUE(eventually([&] { return workers().size() == 2; }));
  EXPECT_TRUE(eventually([&] {
    for (int i = 0; i < 20; ++i) {
      const Response answer = Visitor(port()).get("/lone");
      if (answer.body != "lone 1\n" || answer.generation() != first) return false;
    }
    return true;
  }));
}

}  // namespace
}  // namespace shoal::system
