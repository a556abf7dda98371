#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>

#include "built.hpp"
#include "eventually.hpp"
#include "listening.hpp"
#include "site.hpp"
#include "unit/fastcgi/fastcgi_client.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const test::Params kAskForLone{{"SCRIPT_NAME", "/lone"}, {"REQUEST_METHOD", "GET"}};

class Sockets : public Site {
 protected:
  explicit Sockets(SiteOptions options = {}) : Site(std::move(options)) {}

  void SetUp() override { drop("1", {"lone"}); }

  static std::string ask_for_lone(const std::string& address) {
    return test::FastCgiClient(address).ask(test::request(kAskForLone));
  }

  std::string unix_address() const { return "unix:" + socket().native(); }
};

TEST_F(Sockets, HaveTheModeOfTheConfiguration) {
  start_container();
  struct stat status {};
  ASSERT_EQ(::stat(socket().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777u, 0600u);
  EXPECT_THAT(ask_for_lone(unix_address()), HasSubstr("lone 1\n"));
}

TEST_F(Sockets, LeftByADeadProcessAreReplaced) {
  (void)listen_on(socket());
  ASSERT_TRUE(fs::exists(socket()));
  start_container();
  EXPECT_THAT(ask_for_lone(unix_address()), HasSubstr("lone 1\n"));
}

TEST_F(Sockets, InUseByAnotherContainerAreNotReplaced) {
  start_container();
  shell("sed 's/^run: .*/run: another/' $HERE/shoal.yaml > $HERE/another.yaml");
  const auto [exit_code, output] = serve_until_exit("another.yaml");
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr("another.yaml:1: listen: "));
  EXPECT_THAT(output, HasSubstr(socket().native()));
  EXPECT_THAT(ask_for_lone(unix_address()), HasSubstr("lone 1\n"));
}

TEST_F(Sockets, DoNotReplaceOtherKindsOfFiles) {
  shell("echo precious > $HERE/shoal.sock");
  const auto [exit_code, output] = serve_until_exit();
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr(socket().native()));
  EXPECT_EQ(contents(socket()), "precious\n");
}

/// Listens on one port of this host, and on a unix socket.
class Ports : public Sockets, public ::testing::WithParamInterface<const char*> {
 protected:
  Ports() : Ports(std::string(GetParam()) + ":" + std::to_string(free_port())) {}

  const std::string address_;

 private:
  explicit Ports(const std::string& address)
      : Sockets({.listen = "[\"" + address + "\", \"unix:$HERE/shoal.sock\"]"}),
        address_(address) {}
};

TEST_P(Ports, AreListenedOnBesideAUnixSocket) {
  start_container();
  EXPECT_EQ(said("listening on " + address_ + "\n"), 1u);
  EXPECT_THAT(ask_for_lone(address_), HasSubstr("lone 1\n"));
  EXPECT_THAT(ask_for_lone(unix_address()), HasSubstr("lone 1\n"));
}

INSTANTIATE_TEST_SUITE_P(, Ports, ::testing::Values("127.0.0.1", "[::1]"), [](const auto& each) {
  return each.param == std::string_view("[::1]") ? "OfIpv6" : "OfIpv4";
});

/// A port that accepts connections from another address only.
class RestrictedPort : public Sockets {
 protected:
  RestrictedPort() : RestrictedPort("127.0.0.1:" + std::to_string(free_port())) {}

  const std::string address_;

 private:
  explicit RestrictedPort(const std::string& address)
      : Sockets({.listen = "[{ socket: \"" + address + "\", allowed_clients: [127.0.0.2] }]"}),
        address_(address) {}
};

TEST_F(RestrictedPort, IsClosedToOtherClients) {
  start_container();
  EXPECT_EQ(ask_for_lone(address_), "");
}

class InheritedSockets : public Sockets {
 protected:
  InheritedSockets()
      : Sockets({.listen = "[\"fd:0\"]", .log = "{ level: debug, file: shoal.log }"}) {}

  /// Runs spawn-fcgi, which starts the container with the test's socket.
  Process spawn(const std::string& option, const std::string& value = "") {
    write_configuration();
    std::vector<std::string> words{built::kSpawnFcgi, "-s", socket(), "-M", "0600", option};
    if (!value.empty()) words.push_back(value);
    words.insert(words.end(), {"--", built::kContainer, "serve", "-c", here() / "shoal.yaml"});
    return Process(words, here() / "spawn-fcgi.log");
  }

  void expect_answers_through_nginx() {
    ASSERT_TRUE(eventually([&] { return said("ready: ") == 1; }))
        << contents(here() / "spawn-fcgi.log");
    start_nginx();
    EXPECT_EQ(get("/lone").body, "lone 1\n");
  }
};

TEST_F(InheritedSockets, AreServedWhenTheyAreStandardInput) {
  const base::Descriptor listener = listen_on(socket());
  start_container(listener.get());
  EXPECT_EQ(said("listening on fd:0\n"), 1u);
  EXPECT_THAT(ask_for_lone(unix_address()), HasSubstr("lone 1\n"));
}

TEST_F(InheritedSockets, AreServedWhenSpawnFcgiExecutesTheContainer) {
  Process container = spawn("-n");
  expect_answers_through_nginx();
  container.send(SIGTERM);
  EXPECT_EQ(container.wait(), 0);
}

TEST_F(InheritedSockets, AreServedWhenSpawnFcgiHasEnded) {
  const fs::path pid_file = here() / "spawned.pid";
  EXPECT_EQ(spawn("-P", pid_file).wait(), 0);
  expect_answers_through_nginx();
  ::kill(std::stoi(contents(pid_file)), SIGTERM);
  EXPECT_TRUE(eventually([&] { return said("stopped\n") == 1; }));
}

}  // namespace
}  // namespace shoal::system
