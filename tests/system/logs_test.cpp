// The content of the log and of the access log.

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "eventually.hpp"
#include "logs.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

TEST_F(Logs, HaveAJsonLineForEachRequest) {
  const Response answer = send({.path = "/tells?line=x", .headers = {{"X-Request-Id", "mine-1"}}});
  EXPECT_EQ(get("/nowhere").status, 404);
  EXPECT_EQ(get("/answers/throws").status, 500);
  EXPECT_EQ(get("/answers/throws-late").status, 0);
  const auto written = access_lines(4);

  const json first = json::parse(written[0]);
  EXPECT_EQ(first["id"], "mine-1");
  EXPECT_EQ(first["method"], "GET");
  EXPECT_EQ(first["uri"], "/tells?line=x");
  EXPECT_EQ(first["status"], 200);
  EXPECT_EQ(first["bytes"], answer.body.size());
  EXPECT_EQ(first["module"], "tells");
  EXPECT_EQ(first["group"], "tells");
  EXPECT_EQ(first["generation"], 1);
  EXPECT_EQ(first["remote_addr"], "127.0.0.1");
  EXPECT_EQ(first["pid"], worker());
  EXPECT_EQ(json::parse(written[1])["status"], 404);
  EXPECT_TRUE(json::parse(written[1])["module"].is_null());
  EXPECT_EQ(json::parse(written[2])["status"], 500);
  EXPECT_EQ(json::parse(written[3])["whole"], false);
}

TEST_F(Logs, HaveTheIdOfTheRequestInEachOfItsLines) {
  const Request request{.path = "/tells?line=x", .headers = {{"X-Request-Id", "mine-2"}}};
  EXPECT_EQ(send(request).body, "mine-2");
  EXPECT_THAT(log(), HasSubstr(" warning: [mine-2] tells (tells/1): told x\n"));
  send({.path = "/answers/throws", .headers = {{"X-Request-Id", "mine-3"}}});
  EXPECT_THAT(
      log(),
      HasSubstr(
          "[mine-3] GET /answers/throws: answers (answers/1): std::runtime_error: the secret"));
  send({.path = "/nowhere", .headers = {{"X-Request-Id", "mine-4"}}});
  EXPECT_THAT(log(), HasSubstr("[mine-4] GET /nowhere: 404"));
}

TEST_F(Logs, HaveAGeneratedIdWhenTheRequestHasNoValidOne) {
  const std::string generated = get("/tells").body;
  EXPECT_THAT(generated, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(get("/tells").body, generated);
  EXPECT_THAT(log(), HasSubstr("[" + generated + "] tells (tells/1): told nothing"));
  EXPECT_THAT(send({.path = "/tells", .headers = {{"X-Request-Id", "a] forged"}}}).body,
              MatchesRegex("[0-9a-f]{32}"));
}

TEST_F(Logs, CannotBeForgedByVisitors) {
  const std::string forged = "a%0d%0a2030-01-01%2000:00:00.000%20%5b1%5d%20error:%20forged%1b%5b2J";
  get("/tells?line=" + forged);
  get("/" + forged);
  get("/answers/throws?" + forged);
  send({.path = "/tells", .headers = {{"User-Agent", "\"} {\"forged\": 1\x1b[2J"}}});
  for (const auto& line : access_lines(4)) {
    EXPECT_EQ(json::parse(line).size(), 19u) << line;
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
  }
  for (const auto& line : log_lines()) {
    EXPECT_FALSE(line.starts_with("2030")) << line;
    EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= ' ' || c < 0; })) << line;
  }
  EXPECT_THAT(log(), HasSubstr("told a\\x0d\\x0a2030-01-01 00:00:00.000 [1] error: forged\\x1b"));
}

TEST_F(Logs, TruncateTooLongLinesOfModules) {
  std::string text = "a";
  for (int i = 0; i < 700; ++i) text += "%c3%bc";  // an umlaut of two bytes
  for (int i = 0; i < 900; ++i) text += "%0a";
  get("/tells?line=" + text);
  std::string cut;
  for (const auto& line : log_lines()) {
    EXPECT_LT(line.size(), 4'400u) << line;
    if (line.find(": told a") != std::string::npos) cut = line;
  }
  EXPECT_THAT(cut, HasSubstr("... ("));
  EXPECT_TRUE(cut.ends_with(" more bytes)")) << cut;
  EXPECT_EQ(access_lines(1).size(), 1u) << "the access log has a line of its own";
}

TEST_F(Logs, AreReopenedByEveryProcessOnSigusr1) {
  get("/lone");
  access_lines(1);
  fs::rename(here() / "access.log", here() / "access.log.1");
  container().send(SIGUSR1);
  ASSERT_TRUE(eventually([&] {
    get("/lone");
    return contents(here() / "access.log").find('\n') != std::string::npos;
  }));
  const std::string written = contents(here() / "access.log");
  EXPECT_EQ(json::parse(written.substr(0, written.find('\n')))["uri"], "/lone");
}

TEST_F(Logs, WarnOnceThatTheContainerServesAsRoot) {
  container().send(SIGHUP);
  ASSERT_TRUE(eventually([&] { return said("the new configuration serves") == 1; }));
  EXPECT_EQ(said("warning: serving as root: "), ::geteuid() == 0 ? 1u : 0u);
}

class LogsBehindNginx : public Logs {
 protected:
  LogsBehindNginx()
      : Logs("{ file: stderr, access: { file: $HERE/access.log, format: \"%i %s\" } }",
             "fastcgi_param REQUEST_ID $request_id; access_log nginx.access ids;") {}
};

TEST_F(LogsBehindNginx, HaveTheIdsOfNginxEvenIfTheVisitorSendsOne) {
  send({.path = "/lone", .headers = {{"X-Request-Id", "mine"}}});
  EXPECT_EQ(get("/nowhere").status, 404);
  const auto ours = access_lines(2);
  EXPECT_EQ(ours, access_lines(2, "nginx.access"));
  EXPECT_THAT(ours[0], MatchesRegex("[0-9a-f]{32} 200"));
}

class LogsInText : public Logs {
 protected:
  LogsInText() : Logs("{ file: stderr, access: $HERE/access.log }") {}
};

TEST_F(LogsInText, LookLikeTheAccessLogOfAWebServer) {
  send({.path = "/lone?a", .headers = {{"User-Agent", "fish \"net\" 1"}, {"X-Request-Id", "x"}}});
  EXPECT_THAT(access_lines(1)[0],
              MatchesRegex("127.0.0.1 - - \\[[^]]*\\] \"GET /lone\\?a\" 200 7 \"-\" "
                           "\"fish \\\\x22net\\\\x22 1\" [0-9.]+ms lone/1 x"));
}

}  // namespace
}  // namespace shoal::system
