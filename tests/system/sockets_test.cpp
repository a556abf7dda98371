#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>

#include "site.hpp"
#include "unit/fastcgi/fastcgi_client.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const test::Params kAskForLone{{"SCRIPT_NAME", "/lone"}, {"REQUEST_METHOD", "GET"}};

host::Descriptor listen_on(const fs::path& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, path.c_str(), sizeof name.sun_path - 1);
  host::Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  EXPECT_EQ(::listen(listener.get(), 16), 0);
  return listener;
}

class Sockets : public Site {
 protected:
  explicit Sockets(Plan plan = {}) : Site(std::move(plan)) {}

  void SetUp() override { drop("1", {"lone"}); }

  static std::string ask_for_lone(const std::string& address) {
    return test::FastCgiClient(address).ask(test::request(kAskForLone));
  }

  std::string unix_address() const { return "unix:" + socket().native(); }
};

TEST_F(Sockets, OfUnixHaveTheModeOfTheConfiguration) {
  start_container();
  struct stat status {};
  ASSERT_EQ(::stat(socket().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777u, 0600u);
  EXPECT_THAT(ask_for_lone(unix_address()), HasSubstr("lone 1\n"));
}

TEST_F(Sockets, ThatTheDeadLeftAreReplaced) {
  (void)listen_on(socket());
  ASSERT_TRUE(fs::exists(socket()));
  start_container();
  EXPECT_THAT(ask_for_lone(unix_address()), HasSubstr("lone 1\n"));
}

TEST_F(Sockets, ThatTheLivingAnswerOnAreLeftToThem) {
  start_container();
  shell("sed 's/^run: .*/run: another/' $HERE/shoal.yaml > $HERE/another.yaml");
  const auto [exit_code, output] = serve_to_the_end("another.yaml");
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr("another.yaml:1: listen: "));
  EXPECT_THAT(output, HasSubstr(socket().native()));
  EXPECT_THAT(ask_for_lone(unix_address()), HasSubstr("lone 1\n"));
}

TEST_F(Sockets, AreNotMadeInPlaceOfAnotherKindOfFile) {
  shell("echo precious > $HERE/shoal.sock");
  const auto [exit_code, output] = serve_to_the_end();
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

class PortsForSome : public Sockets {
 protected:
  PortsForSome() : PortsForSome("127.0.0.1:" + std::to_string(free_port())) {}

  const std::string address_;

 private:
  explicit PortsForSome(const std::string& address)
      : Sockets({.listen = "[{ socket: \"" + address + "\", allowed_clients: [127.0.0.2] }]"}),
        address_(address) {}
};

TEST_F(PortsForSome, AreClosedToOthers) {
  start_container();
  EXPECT_EQ(ask_for_lone(address_), "");
}

class InheritedSockets : public Sockets {
 protected:
  InheritedSockets() : Sockets({.listen = "[\"fd:0\"]"}) {}
};

TEST_F(InheritedSockets, AreServedAsSpawnFcgiLeavesThem) {
  const host::Descriptor listener = listen_on(socket());
  start_container(listener.get());
  EXPECT_EQ(said("listening on fd:0\n"), 1u);
  EXPECT_THAT(ask_for_lone(unix_address()), HasSubstr("lone 1\n"));
}

}  // namespace
}  // namespace shoal::system
