// What the status page, the control socket and the commands say about a running container.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <future>
#include <nlohmann/json.hpp>

#include "built.hpp"
#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StatusPage : public Site {
 protected:
  explicit StatusPage(SiteOptions options = {.status = "{ route: /-/shoal }"})
      : Site(std::move(options)) {}

  void SetUp() override {
    drop("1");
    drop("plain");
    start();
  }

  nlohmann::json status() { return nlohmann::json::parse(get("/-/shoal?json").body); }

  nlohmann::json group(const std::string& name) {
    const auto all = status();
    for (const auto& group : all["groups"]) {
      if (group["name"] == name) return group;
    }
    return {};
  }

  /// Runs `shoal` with these arguments and the test's own configuration.
  Outcome command(const std::string& arguments) { return shoal(arguments + " -c shoal.yaml"); }
};

TEST_F(StatusPage, ShowsGroupsWorkersAndRequests) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get("/lone").status, 200);
  EXPECT_EQ(get("/answers/throws").status, 500);
  const auto all = status();
  EXPECT_EQ(all["workers"].size(), 1u);
  EXPECT_EQ(all["workers"][0]["pid"], worker());
  EXPECT_EQ(all["pid"], container().id());
  EXPECT_EQ(group("lone")["generation"], "lone/1");
  EXPECT_EQ(group("lone")["requests"], 5);
  EXPECT_EQ(group("answers")["errors"], 1);
  EXPECT_EQ(group("site")["modules"].size(), 5u);
}

TEST_F(StatusPage, ShowsWhatEachThreadDoes) {
  auto answer = begin_request();
  const std::string threads = status()["workers"][0]["threads"].dump();
  EXPECT_THAT(threads, HasSubstr("\"handling\""));
  EXPECT_THAT(threads, HasSubstr("GET /slow?meet="));
  EXPECT_THAT(threads, HasSubstr("slow/1"));
  let_go_on();
  EXPECT_EQ(answer.get().status, 200);
}

TEST_F(StatusPage, ShowsRefusedDrops) {
  drop("throws_when_made", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_THAT(group("lone")["refused"].dump(), HasSubstr("lone.so"));
  EXPECT_THAT(get("/-/shoal").body, HasSubstr("refused"));
}

TEST_F(StatusPage, ComesAsHtmlJsonOpenMetricsAndPing) {
  const Response page = get("/-/shoal");
  EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(page.body, HasSubstr("site/1"));
  EXPECT_EQ(page.header("Cache-Control"), "no-store");
  EXPECT_EQ(get("/-/shoal?json").header("Content-Type"), "application/json");
  const Response metrics = get("/-/shoal?openmetrics");
  EXPECT_THAT(metrics.header("Content-Type"), HasSubstr("application/openmetrics-text"));
  EXPECT_THAT(metrics.body, HasSubstr("# EOF"));
  EXPECT_EQ(get("/-/shoal?ping").body, "pong\n");
  EXPECT_EQ(get("/-/shoal?json&_=17").header("Content-Type"), "application/json");
  EXPECT_THAT(get("/-/shoal?jsonp").header("Content-Type"), HasSubstr("text/html"));
}

TEST_F(StatusPage, IsReadOnly) {
  const Response answer = send({.method = "POST", .path = "/-/shoal"});
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.header("Allow"), "GET, HEAD");
}

class StatusPageForOthers : public StatusPage {
 protected:
  StatusPageForOthers() : StatusPage({.status = "{ route: /-/shoal, allow: [10.1.2.3] }"}) {}
};

TEST_F(StatusPageForOthers, IsNotFound) {
  EXPECT_EQ(get("/-/shoal").status, 404);
  EXPECT_EQ(get("/-/shoal?ping").status, 404);
}

class ControlSocket : public StatusPage {};
class StatusCommand : public StatusPage {};
class ReloadCommand : public StatusPage {};

TEST_F(ControlSocket, IsOpenToItsOwnerOnly) {
  struct stat status;
  ASSERT_EQ(::stat((here() / "run" / "control.sock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(StatusCommand, ShowsTheSameAsThePage) {
  const auto [exit_code, output] = command("status");
  EXPECT_EQ(exit_code, 0) << output;
  EXPECT_THAT(output, HasSubstr("site/1"));
  const auto [json_code, text] = command("status --json");
  EXPECT_EQ(json_code, 0);
  EXPECT_EQ(nlohmann::json::parse(text)["pid"], container().id());
}

TEST_F(StatusCommand, SaysWhenNoContainerRuns) {
  EXPECT_EQ(stop_container(SIGTERM), 0);
  const auto [exit_code, output] = command("status");
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr("no container answers there"));
}

TEST_F(StatusCommand, WorksWhileTheConfigurationIsBeingEdited) {
  std::ofstream(here() / "shoal.yaml", std::ios::app) << "wrokers: { threads: lots }\n";
  const auto [exit_code, output] = command("status");
  EXPECT_EQ(exit_code, 0) << output;
  EXPECT_THAT(output, HasSubstr("site/1"));
}

TEST_F(ControlSocket, IgnoresNonsense) {
  for (const char* nonsense :
       {"{\"ask\": 5}", "{\"ask\": \"reload\", \"group\": [1]}", "[]", "{", "\\0\\377"}) {
    shell("printf '" + std::string(nonsense) +
          "\\n' | timeout 2 python3 -c 'import socket, sys\n"
          "s = socket.socket(socket.AF_UNIX)\ns.connect(\"'$HERE'/run/control.sock\")\n"
          "s.sendall(sys.stdin.buffer.read())'");
  }
  EXPECT_EQ(command("status").exit_code, 0);
  EXPECT_EQ(get("/lone").status, 200);
}

TEST_F(ControlSocket, AnswersAClientThatHasShutDownSending) {
  const auto [exit_code, output] =
      run("timeout 10 python3 -c 'import socket\n"
          "s = socket.socket(socket.AF_UNIX)\ns.connect(\"" +
          (here() / "run/control.sock").native() +
          "\")\n"
          "s.sendall(b\"{\\\"ask\\\": \\\"status\\\"}\\n\")\ns.shutdown(socket.SHUT_WR)\n"
          "print(s.makefile().read())'");
  EXPECT_EQ(exit_code, 0) << output;
  EXPECT_THAT(output, HasSubstr("\"site/1\""));
}

TEST_F(ReloadCommand, LoadsTheSameFilesAsANewGeneration) {
  const auto [exit_code, output] = command("reload lone");
  EXPECT_EQ(exit_code, 0) << output;
  EXPECT_EQ(output, "lone: live, lone/2\n");
  EXPECT_EQ(generation("/lone"), "lone/2");
  EXPECT_EQ(generation("/"), "site/1");
  const auto [error_code, error] = command("reload nobody");
  EXPECT_EQ(error_code, 1);
  EXPECT_THAT(error, HasSubstr("nobody: there is no such group"));
}

TEST_F(ReloadCommand, NamesTheNearestGroup) {
  EXPECT_THAT(command("reload lome").output,
              HasSubstr("lome: there is no such group; did you mean \"lone\"?"));
}

TEST_F(ReloadCommand, WaitsForAWorkerWhileTheOnlyOneIsReplaced) {
  ASSERT_EQ(::kill(worker(), SIGKILL), 0);
  const auto [exit_code, output] = command("reload lone");
  EXPECT_EQ(exit_code, 0) << output;
  EXPECT_THAT(output, HasSubstr("lone: live, lone/2\n"));
  EXPECT_THAT(output, Not(HasSubstr("there is no such group")));
}

class ReloadWithAStoppedWorker : public StatusPage {
 protected:
  // A request on a connection that nginx keeps to the stopped worker waits until that is killed.
  ReloadWithAStoppedWorker()
      : StatusPage({.workers = "{ threads: 8, grace: 1s }", .status = "{ route: /-/shoal }"}) {}
};

TEST_F(ReloadWithAStoppedWorker, ReplacesIt) {
  ASSERT_EQ(::kill(worker(), SIGSTOP), 0);
  const auto [exit_code, output] = command("reload lone");
  EXPECT_EQ(exit_code, 0) << output;
  EXPECT_EQ(output, "lone: live, lone/2\n");
  EXPECT_EQ(said("it has not begun with opening lone/2 for 10 s"), 1u);
  EXPECT_EQ(generation("/lone"), "lone/2");
}

class CommandAtATerminal : public StatusPage {
 protected:
  CommandAtATerminal() : StatusPage({.modules = "{ lone: { meet: $HERE/loading } }"}) {}

  std::string screen() const { return contents(here() / "screen"); }
};

TEST_F(CommandAtATerminal, ShowsWhatTheContainerDoes) {
  Process command({"script", "-qefc",
                   std::string(built::kContainer) + " drop " + built::kModules +
                       "/slow_to_make/lone.so -c " + (here() / "shoal.yaml").native(),
                   (here() / "screen").native()},
                  here() / "script.log");
  expect_waiting("loading");
  EXPECT_TRUE(eventually([&] {
    return screen().find("\r\033[Klone/2: trying, ") != std::string::npos;
  })) << screen();
  let_go_on("loading");
  EXPECT_EQ(command.wait(), 0);
  EXPECT_THAT(screen(), HasSubstr("\r\033[Klone: live, lone/2, in "));
}

TEST_F(StatusPage, DoesNotListItsOwnRequest) {
  EXPECT_TRUE(eventually([&] {
    const auto workers = status()["workers"];
    const std::string threads = workers.at(0)["threads"].dump();
    return workers.size() == 1 && threads.find("/-/shoal") == std::string::npos &&
           threads.find("\"waiting\"") == std::string::npos;
  }));
  EXPECT_TRUE(eventually(
      [&] { return get("/-/shoal").body.find("All threads are idle.") != std::string::npos; }));
}

TEST_F(StatusPage, CountsGenerationsAndConfigurationReloads) {
  EXPECT_EQ(status()["generations"], status()["groups"].size());
  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  drop("throws_when_made", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_EQ(command("reload site").exit_code, 0);
  container().send(SIGHUP);
  ASSERT_TRUE(eventually([&] { return said("the new configuration serves") == 1; }));
  EXPECT_EQ(group("lone")["generations"], 2);
  EXPECT_EQ(group("site")["generations"], 2);
  const auto all = status();
  EXPECT_EQ(all["generations"], all["groups"].size() + 2);
  EXPECT_EQ(all["configuration_reloads"]["count"], 1);
  const auto table = command("status").output;
  EXPECT_THAT(table, HasSubstr("1 configuration reload, "));
  const std::string metrics = get("/-/shoal?openmetrics").body;
  EXPECT_THAT(metrics, HasSubstr("\nshoal_group_generations_total{group=\"lone\"} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("\nshoal_config_reloads_total{result=\"taken\"} 1\n"));
}

class StatusOfTwoWorkers : public StatusPage {
 protected:
  StatusOfTwoWorkers()
      : StatusPage({.workers = "{ processes: 2, threads: 4, grace: 60s }",
                    .status = "{ route: /-/shoal }"}) {}
};

TEST_F(StatusOfTwoWorkers, CountsTheRequestsOfBothAndReloadReachesBoth) {
  for (int i = 0; i < 40; ++i) EXPECT_EQ(Visitor(port()).get("/lone").status, 200);
  EXPECT_EQ(status()["workers"].size(), 2u);
  EXPECT_EQ(group("lone")["requests"], 40);
  EXPECT_EQ(command("reload lone").output, "lone: live, lone/2\n");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Visitor(port()).get("/lone").generation(), "lone/2");
}

}  // namespace
}  // namespace shoal::system
