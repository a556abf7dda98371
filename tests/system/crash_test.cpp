// A module that ends its process: what is said about it, and what becomes of it.
#include <gmock/gmock.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "built.hpp"
#include "eventually.hpp"
#include "site.hpp"
#include "source_line.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class AModuleThatCrashes : public Site {
 protected:
  explicit AModuleThatCrashes(Plan plan = {}) : Site(std::move(plan)) {}

  void SetUp() override {
    drop("1");
    drop("plain");
    start();
    EXPECT_EQ(get("/lone").body, "lone 1\n");
    drop("deadly", {"lone"});
    EXPECT_EQ(get("/lone").body, "lone 2\n");
  }

  /// `id`: of the request; empty: it is given one of its own.
  void crash(const std::string& id = "", const std::string& how = "die") {
    const std::size_t ready = said("was ended by");
    Question question{.path = "/lone?" + how};
    if (!id.empty()) question.headers.emplace_back("X-Request-Id", id);
    EXPECT_EQ(ask(question).status, 502);
    ASSERT_TRUE(eventually(
        [&] { return said("was ended by") == ready + 1 && said("the report is") == ready + 1; }));
  }

  std::string the_report() const {
    for (const auto& entry : fs::directory_iterator(here() / "run" / "crashes")) {
      if (entry.path().extension() == ".txt") return contents(entry.path());
    }
    return "no report";
  }
};

TEST_F(AModuleThatCrashes, LeavesAReportThatNamesRequestGenerationAndFunction) {
  crash();
  ASSERT_TRUE(eventually([&] { return said("the report is") == 1; }));
  const std::string report = the_report();
  EXPECT_THAT(report, HasSubstr("SIGSEGV"));
  EXPECT_THAT(report, HasSubstr("GET /lone?die"));
  EXPECT_THAT(report, HasSubstr("lone/2"));
  EXPECT_THAT(report, HasSubstr("swim_into_the_net"));
  EXPECT_THAT(report, ContainsRegex("lone.so [0-9a-f]{20}"));
  const std::string line = source_line("deadly.cpp", "dies");
  EXPECT_THAT(report, ContainsRegex("swim_into_the_net.* at /.*/" + line + "\n"));
  EXPECT_THAT(report, Not(HasSubstr("places:"))) << "that is for programs";
  EXPECT_TRUE(eventually([&] { return said("/" + line) == 1; })) << "the log has the stack, too";
  EXPECT_THAT(log(), ContainsRegex("swim_into_the_net.* at /.*/" + line + "\n"));
  EXPECT_EQ(get("/lone").body, "lone 2\n") << "once is no reason to withdraw it";
}

TEST_F(AModuleThatCrashes, KeepsTheNumberOfTheGenerationInTheNextProcess) {
  crash();
  EXPECT_EQ(generation("/lone"), "lone/2");
  EXPECT_EQ(generation("/"), "site/1");
}

TEST_F(AModuleThatCrashes, ThriceGoesBackToTheLastGoodFilesUntilNewOnesCome) {
  for (int i = 0; i < 3; ++i) crash();
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 1\n"; }));
  EXPECT_THAT(get("/lone").generation(), ContainsRegex("lone/[0-9]+ \\(instead of .*quarantine"));
  EXPECT_EQ(get("/lone?die").body, "lone 1\n") << "it knows no such question";

  EXPECT_EQ(stop_container(SIGTERM), 0);
  start();
  EXPECT_EQ(get("/lone").body, "lone 1\n") << "a restart remembers";

  drop("deadly", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n") << "dropped anew, it has another chance";
  EXPECT_THAT(get("/lone").generation(), Not(HasSubstr("quarantine")));
}

TEST_F(AModuleThatCrashes, IsNotWithdrawnForOneRequestThatTheWebServerRepeats) {
  for (int i = 0; i < 4; ++i) crash("the-same");
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  for (int i = 0; i < 2; ++i) crash();
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 1\n"; }));
}

TEST_F(AModuleThatCrashes, InAThreadOfItsOwnOrByExitIsWithdrawnToo) {
  crash("", "thread");
  EXPECT_THAT(the_report(), HasSubstr("swim_into_the_net"));
  crash("", "exit");
  EXPECT_THAT(log(), HasSubstr("exit(0) was called"));
  crash("", "thread");
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 1\n"; }));
}

TEST_F(AModuleThatCrashes, AtOnePlaceIsToldOfAsOneAndIsThePast) {
  for (int i = 0; i < 2; ++i) crash();
  const auto status = [this](const std::string& options) {
    return run(std::string(built::kContainer) + " status " + options + " -c " +
               (here() / "shoal.yaml").native());
  };
  EXPECT_TRUE(eventually([&] { return status("").exit_code == 0; })) << status("").output;
  const std::string table = status("").output;
  const auto past = table.find("earlier, and over:\n");
  ASSERT_NE(past, std::string::npos) << table;
  EXPECT_THAT(table.substr(past), HasSubstr("2 worker processes crashed within the last hour"));
  EXPECT_THAT(table.substr(past), HasSubstr("SIGSEGV, 2 times, first "));
  const auto told = nlohmann::json::parse(status("--json").output);
  EXPECT_EQ(told["crashed"], 2);
  EXPECT_EQ(told["crashed_recently"], 2);
  ASSERT_EQ(told["crashes"].size(), 1u) << told["crashes"];
  EXPECT_EQ(told["crashes"][0]["count"], 2);
  EXPECT_EQ(told["crashes"][0]["signal"], "SIGSEGV");
  EXPECT_THAT(told["crashes"][0]["stack"].dump(), HasSubstr("swim_into_the_net"));

  drop("throws_when_made", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_EQ(status("").exit_code, 1) << "the drop is refused now";
}

class AModuleThatCrashesOneOfTwo : public AModuleThatCrashes {
 protected:
  AModuleThatCrashesOneOfTwo()
      : AModuleThatCrashes({.workers = "{ processes: 2, threads: 4, grace: 60s }"}) {}
};

TEST_F(AModuleThatCrashesOneOfTwo, IsWithdrawnInBothProcesses) {
  for (int i = 0; i < 3; ++i) crash();
  ASSERT_TRUE(eventually([&] { return get("/lone").body == "lone 1\n"; }));
  const std::string first = get("/lone").generation();
  ASSERT_TRUE(eventually([&] { return workers().size() == 2; }));
  EXPECT_TRUE(eventually([&] {
    for (int i = 0; i < 20; ++i) {
      const Answer answer = Visitor(port()).get("/lone");
      if (answer.body != "lone 1\n" || answer.generation() != first) return false;
    }
    return true;
  }));
}

}  // namespace
}  // namespace shoal::system
