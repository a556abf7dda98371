// Health checks: answered by the supervisor, whatever worker processes are busy with.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <fstream>
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

class HealthChecks : public Site {
 protected:
  explicit HealthChecks(Plan plan = {}) : Site(with_health(std::move(plan))) {}

  void SetUp() override {
    drop("1");
    drop("plain");
  }

  static Plan with_health(Plan plan) {
    plan.health = "{ socket: \"unix:$HERE/health.sock\" }";
    return plan;
  }

  /// Null when nobody listens there.
  base::Descriptor connect(const std::string& file = "health.sock") const {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, (here() / file).c_str(), sizeof name.sun_path - 1);
    base::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0)
      return socket;
    return {};
  }

  /// Status and text: `200 live`. Waits for the answer; `nobody` when nobody listens there.
  std::string check(const std::string& path, const std::string& file = "health.sock") const {
    const auto socket = connect(file);
    if (!socket) return "nobody";
    const std::string asked = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    ::send(socket.get(), asked.data(), asked.size(), MSG_NOSIGNAL);
    std::string told;
    std::array<char, 4096> piece{};
    for (ssize_t size; (size = ::recv(socket.get(), piece.data(), piece.size(), 0)) > 0;) {
      told.append(piece.data(), static_cast<std::size_t>(size));
    }
    if (told.find("\r\n\r\n") == std::string::npos) return "no answer: " + told;
    return told.substr(told.find(' ') + 1, 3) + " " + told.substr(told.find("\r\n\r\n") + 4);
  }

  Outcome status_ready() const {
    return run(std::string(built::kContainer) + " status --ready -c " +
               (here() / "shoal.yaml").native());
  }

  /// A request that stays until `finish`.
  std::future<Answer> begin_slow_request(const std::string& name) {
    const std::string place = (here() / name).native();
    auto answer = std::async(std::launch::async,
                             [this, place] { return Visitor(port()).get("/slow?meet=" + place); });
    EXPECT_TRUE(eventually([&] { return fs::exists(place + ".reached"); }));
    return answer;
  }
  void finish(const std::string& name) const {
    std::ofstream((here() / name).native() + ".go").put('\n');
  }
};

class HealthChecksOfTwoThreads : public HealthChecks {
 protected:
  HealthChecksOfTwoThreads() : HealthChecks({.workers = "{ threads: 2, grace: 60s }"}) {}
};

TEST_F(HealthChecksOfTwoThreads, AreAnsweredWhileEveryThreadIsBusy) {
  start();
  auto one = begin_slow_request("one");
  auto two = begin_slow_request("two");
  EXPECT_EQ(check("/live"), "200 live\n");
  EXPECT_EQ(check("/ready"), kReady);
  EXPECT_THAT(check("/"), StartsWith("404 "));
  finish("one");
  finish("two");
  EXPECT_EQ(one.get().status, 200);
  EXPECT_EQ(two.get().status, 200);
}

TEST_F(HealthChecksOfTwoThreads, SayThatAStopHasBegun) {
  start();
  auto slow = begin_slow_request("one");
  container().send(SIGTERM);
  EXPECT_TRUE(eventually([&] { return check("/ready") == "503 stopping\n"; }));
  EXPECT_EQ(check("/live"), "200 live\n");
  EXPECT_EQ(status_ready().output, "stopping\n");
  finish("one");
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

TEST_F(HealthChecksOfASlowStart, SayThatTheContainerIsStarting) {
  drop("slow_to_make", {"lone"});
  auto while_it_starts = std::async(std::launch::async, [this] {
    EXPECT_TRUE(eventually([&] { return fs::exists(here() / "start.reached"); }));
    const std::string told = check("/ready") + check("/live") + status_ready().output;
    finish("start");
    return told;
  });
  start_container();
  EXPECT_EQ(while_it_starts.get(), "503 starting\n200 live\nstarting\n");
  EXPECT_TRUE(eventually([&] { return check("/ready") == kReady; }));
  const auto [exit_code, output] = status_ready();
  EXPECT_EQ(exit_code, 0);
  EXPECT_EQ(output, "ready\n");
}

TEST_F(HealthChecks, SayWhichGroupServesNothingUntilItDoes) {
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
  EXPECT_EQ(check("/ready"), kReady) << "a refused drop takes nothing away";
  withdraw("lone");
  EXPECT_EQ(get("/lone").status, 404);
  EXPECT_EQ(check("/ready"), kReady) << "a group without files need not serve";
}

TEST_F(HealthChecks, DoNotWaitForAWorkerThatIsStopped) {
  start();
  const pid_t stopped = worker();
  ASSERT_EQ(::kill(stopped, SIGSTOP), 0);
  EXPECT_EQ(check("/live"), "200 live\n");
  EXPECT_EQ(check("/ready"), kReady) << "what it told last counts";
  ASSERT_EQ(::kill(stopped, SIGCONT), 0);
  EXPECT_EQ(get("/lone").status, 200);
}

TEST_F(HealthChecks, AreNotHeldUpBySilentPeers) {
  start();
  std::vector<base::Descriptor> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(connect());
  EXPECT_EQ(check("/ready"), kReady);
  EXPECT_EQ(get("/lone").status, 200);
}

TEST_F(HealthChecks, MayBeMadeByEveryUser) {
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
  ASSERT_TRUE(eventually([&] { return check("/ready") == "nobody"; }));
  EXPECT_FALSE(fs::exists(here() / "health.sock"));

  reconfigure("other.sock\" }\n", "third.sock\" }\nexpos: true\n");
  ASSERT_TRUE(eventually([&] { return said("the new configuration is refused") == 1; }));
  EXPECT_EQ(check("/ready", "other.sock"), kReady);
  EXPECT_EQ(check("/ready", "third.sock"), "nobody");

  reconfigure("third.sock\" }\nexpos: true\n", "shoal.sock\" }\n");
  ASSERT_TRUE(eventually([&] { return said("the new configuration is refused") == 2; }));
  EXPECT_THAT(log(), HasSubstr("health.socket: is a socket for web servers already"));
  EXPECT_EQ(check("/ready", "other.sock"), kReady);

  reconfigure("health: {", "# health: {");
  ASSERT_TRUE(eventually([&] { return check("/ready", "other.sock") == "nobody"; }));
  EXPECT_FALSE(fs::exists(other));

  reconfigure("# health: { socket: \"unix:" + socket().native(),
              "health: { socket: \"unix:" + other.native());
  ASSERT_TRUE(eventually([&] { return check("/ready", "other.sock") == kReady; }));
  EXPECT_EQ(get("/lone").status, 200);
}

TEST_F(HealthChecks, ComeOverTcpAtThePortAlone) {
  write_settings();
  const std::string rest = contents(here() / "shoal.yaml");
  const auto at = rest.find("health: ");
  std::uint16_t port = 0;
  std::optional<Process> container;
  // Between our choice of a port and the container's binding it, another test may take it.
  for (int attempt = 0; attempt < 10 && !(container && container->runs()); ++attempt) {
    port = free_port();
    std::ofstream(here() / "shoal.yaml") << rest.substr(0, at) << "health: { socket: " << port
                                         << " }" << rest.substr(rest.find('\n', at));
    container.emplace(
        std::vector<std::string>{built::kContainer, "serve", "-c", here() / "shoal.yaml"},
        here() / "shoal.log");
    ASSERT_TRUE(eventually([&] { return !container->runs() || said("ready: ") == 1; }));
  }
  Visitor visitor(port);
  EXPECT_EQ(visitor.get("/ready").body, "ready\n");
  EXPECT_EQ(visitor.get("/live").body, "live\n");
  const Answer posted = visitor.ask({.method = "POST", .path = "/ready", .body = "x"});
  EXPECT_EQ(posted.status, 405);
  EXPECT_EQ(posted.header("Allow"), "GET, HEAD");
  EXPECT_EQ(visitor.ask({.method = "HEAD", .path = "/ready"}).status, 200);
  EXPECT_THAT(log(), HasSubstr("health checks are answered on 127.0.0.1:" + std::to_string(port)));
  container->send(SIGTERM);
  EXPECT_EQ(container->wait(), 0);
}

}  // namespace
}  // namespace shoal::system
