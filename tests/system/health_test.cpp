// Health checks: the supervisor answers them, whatever the workers are busy with.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <future>
#include <optional>
#include <vector>

#include "base/descriptor.hpp"
#include "built.hpp"
#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kReady[] = "200 ready\n";
constexpr char kNotListening[] = "not listening";

class HealthChecks : public Site {
 protected:
  explicit HealthChecks(SiteOptions options = {}) : Site(with_health(std::move(options))) {}

  void SetUp() override {
    drop("1");
    drop("plain");
  }

  static SiteOptions with_health(SiteOptions options) {
    options.health = "{ socket: \"unix:$HERE/health.sock\" }";
    return options;
  }

  /// Returns an empty descriptor when no process listens on this socket.
  base::Descriptor connect(const std::string& file = "health.sock") const {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, (here() / file).c_str(), sizeof name.sun_path - 1);
    base::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0)
      return socket;
    return {};
  }

  /// Sends a health check. Returns status and text of the response, e.g. `200 live`, or
  /// kNotListening when no process listens on this socket.
  std::string check(const std::string& path, const std::string& file = "health.sock") const {
    const auto socket = connect(file);
    if (!socket) return kNotListening;
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    ::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
    std::string response;
    std::array<char, 4096> piece{};
    for (ssize_t size; (size = ::recv(socket.get(), piece.data(), piece.size(), 0)) > 0;) {
      response.append(piece.data(), static_cast<std::size_t>(size));
    }
    const auto end_of_head = response.find("\r\n\r\n");
    if (end_of_head == std::string::npos) return "incomplete response: " + response;
    return response.substr(response.find(' ') + 1, 3) + " " + response.substr(end_of_head + 4);
  }

  Outcome status_ready() const { return shoal("status --ready -c shoal.yaml"); }
};

class HealthChecksOfTwoThreads : public HealthChecks {
 protected:
  HealthChecksOfTwoThreads() : HealthChecks({.workers = "{ threads: 2, grace: 60s }"}) {}
};

TEST_F(HealthChecksOfTwoThreads, AreAnsweredWhileEveryThreadIsBusy) {
  start();
  auto one = begin_request("/slow", "one");
  auto two = begin_request("/slow", "two");
  EXPECT_EQ(check("/live"), "200 live\n");
  EXPECT_EQ(check("/ready"), kReady);
  EXPECT_THAT(check("/"), StartsWith("404 "));
  let_go_on("one");
  let_go_on("two");
  EXPECT_EQ(one.get().status, 200);
  EXPECT_EQ(two.get().status, 200);
}

TEST_F(HealthChecksOfTwoThreads, ReportThatTheContainerIsStopping) {
  start();
  auto slow = begin_request();
  container().send(SIGTERM);
  EXPECT_TRUE(eventually([&] { return check("/ready") == "503 stopping\n"; }));
  EXPECT_EQ(check("/live"), "200 live\n");
  EXPECT_EQ(status_ready().output, "stopping\n");
  let_go_on();
  EXPECT_EQ(slow.get().status, 200);
  EXPECT_EQ(container().wait(), 0);
  EXPECT_FALSE(fs::exists(here() / "health.sock"));
}

class HealthChecksOfASlowStart : public HealthChecks {
 protected:
  HealthChecksOfASlowStart()
      : HealthChecks({.sweep = "{ settle: 500ms, wait: 60s, probe: false }",
                      .modules = "{ lone: { meet: $HERE/start } }"}) {}
};

TEST_F(HealthChecksOfASlowStart, ReportThatTheContainerIsStarting) {
  drop("slow_to_make", {"lone"});
  auto while_it_starts = std::async(std::launch::async, [this] {
    expect_waiting("start");
    const std::string checks = check("/ready") + check("/live") + status_ready().output;
    let_go_on("start");
    return checks;
  });
  start_container();
  EXPECT_EQ(while_it_starts.get(), "503 starting\n200 live\nstarting\n");
  EXPECT_TRUE(eventually([&] { return check("/ready") == kReady; }));
  const auto [exit_code, output] = status_ready();
  EXPECT_EQ(exit_code, 0);
  EXPECT_EQ(output, "ready\n");
}

TEST_F(HealthChecks, NameTheGroupThatServesNothingUntilItDoes) {
  drop("throws_when_made", {"lone"});
  start();
  EXPECT_EQ(check("/ready"), "503 groups that serve nothing: lone\n");
  EXPECT_EQ(check("/live"), "200 live\n");
  EXPECT_EQ(status_ready().exit_code, 1);
  EXPECT_EQ(status_ready().output, "groups that serve nothing: lone\n");
  drop("1", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_TRUE(eventually([&] { return check("/ready") == kReady; }));

  drop("throws_when_made", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(check("/ready"), kReady) << "the old generation serves when a drop is refused";
  remove_module("lone");
  EXPECT_EQ(get("/lone").status, 404);
  EXPECT_EQ(check("/ready"), kReady) << "a group without files need not serve";
}

TEST_F(HealthChecks, DoNotWaitForASuspendedWorker) {
  start();
  const pid_t suspended = worker();
  ASSERT_EQ(::kill(suspended, SIGSTOP), 0);
  EXPECT_EQ(check("/live"), "200 live\n");
  EXPECT_EQ(check("/ready"), kReady) << "what the worker reported last counts";
  ASSERT_EQ(::kill(suspended, SIGCONT), 0);
  EXPECT_EQ(get("/lone").status, 200);
}

TEST_F(HealthChecks, AreNotDelayedBySilentConnections) {
  start();
  std::vector<base::Descriptor> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(connect());
  EXPECT_EQ(check("/ready"), kReady);
  EXPECT_EQ(get("/lone").status, 200);
}

TEST_F(HealthChecks, AreOpenToEveryUser) {
  start_container();
  struct stat status {};
  ASSERT_EQ(::stat((here() / "health.sock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0666u);
}

TEST_F(HealthChecks, FollowTheConfigurationUnlessItIsRefused) {
  start();
  const fs::path other = here() / "other.sock";
  reconfigure("health.sock", "other.sock");
  ASSERT_TRUE(eventually([&] { return check("/ready", "other.sock") == kReady; }));
  ASSERT_TRUE(eventually([&] { return check("/ready") == kNotListening; }));
  EXPECT_FALSE(fs::exists(here() / "health.sock"));

  reconfigure("other.sock\" }\n", "third.sock\" }\nexpos: true\n");
  ASSERT_TRUE(eventually([&] { return said("the new configuration is refused") == 1; }));
  EXPECT_EQ(check("/ready", "other.sock"), kReady);
  EXPECT_EQ(check("/ready", "third.sock"), kNotListening);

  reconfigure("third.sock\" }\nexpos: true\n", "shoal.sock\" }\n");
  ASSERT_TRUE(eventually([&] { return said("the new configuration is refused") == 2; }));
  EXPECT_THAT(log(), HasSubstr("health.socket: is a socket for web servers already"));
  EXPECT_EQ(check("/ready", "other.sock"), kReady);

  reconfigure("health: {", "# health: {");
  ASSERT_TRUE(eventually([&] { return check("/ready", "other.sock") == kNotListening; }));
  EXPECT_FALSE(fs::exists(other));

  reconfigure("# health: { socket: \"unix:" + socket().native(),
              "health: { socket: \"unix:" + other.native());
  ASSERT_TRUE(eventually([&] { return check("/ready", "other.sock") == kReady; }));
  EXPECT_EQ(get("/lone").status, 200);
}

TEST_F(HealthChecks, AreAnsweredOnATcpPort) {
  write_configuration();
  const std::string text = contents(here() / "shoal.yaml");
  const auto at = text.find("health: ");
  std::uint16_t port = 0;
  std::optional<Process> container;
  // Another program may take the port before the container binds it: then another port is tried.
  for (int attempt = 0; attempt < 10 && !(container && container->runs()); ++attempt) {
    port = free_port();
    write_file(here() / "shoal.yaml", text.substr(0, at) +
                                          "health: { socket: " + std::to_string(port) + " }" +
                                          text.substr(text.find('\n', at)));
    container.emplace(
        std::vector<std::string>{built::kContainer, "serve", "-c", here() / "shoal.yaml"},
        here() / "shoal.log");
    ASSERT_TRUE(eventually([&] { return !container->runs() || said("ready: ") == 1; }));
  }
  Visitor visitor(port);
  EXPECT_EQ(visitor.get("/ready").body, "ready\n");
  EXPECT_EQ(visitor.get("/live").body, "live\n");
  const Response posted = visitor.send({.method = "POST", .path = "/ready", .body = "x"});
  EXPECT_EQ(posted.status, 405);
  EXPECT_EQ(posted.header("Allow"), "GET, HEAD");
  EXPECT_EQ(visitor.send({.method = "HEAD", .path = "/ready"}).status, 200);
  EXPECT_THAT(log(), HasSubstr("health checks are answered on 127.0.0.1:" + std::to_string(port)));
  container->send(SIGTERM);
  EXPECT_EQ(container->wait(), 0);
}

}  // namespace
}  // namespace shoal::system
