// The `listen` key.

#include "configuration.hpp"

namespace shoal::settings {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using Kind = Listen::Kind;

class ListenKey : public Configuration {
 protected:
  /// Returns a file with this as its listen key, which begins on line 1.
  static std::string listening_on(const std::string& yaml) {
    return "listen: " + yaml + "\napps: apps\nrun: run\nroutes: { /: hello }\n";
  }
  std::vector<Listen> sockets(const std::string& yaml) const {
    return settings_of(listening_on(yaml)).listen;
  }
  Listen socket(const std::string& yaml) const { return sockets(yaml).at(0); }
  Lines errors(const std::string& yaml) const { return errors_of(listening_on(yaml)); }
  std::string error(const std::string& yaml) const { return only(errors(yaml)); }
};

TEST_F(ListenKey, ReadsAUnixSocketWithAllItsKeys) {
  const Listen listen = socket(
      "\n  - socket: unix:/run/shoal.sock\n    mode: \"0660\"\n    owner: www-data\n"
      "    group: web\n    backlog: 1024\n");
  EXPECT_EQ(listen.kind, Kind::kUnix);
  EXPECT_EQ(listen.path, "/run/shoal.sock");
  EXPECT_EQ(listen.mode, 0660u);
  EXPECT_EQ(listen.owner, "www-data");
  EXPECT_EQ(listen.group, "web");
  EXPECT_EQ(listen.backlog, 1024);
  EXPECT_EQ(listen.where, file().string() + ":2");
}

TEST_F(ListenKey, ReadsTcpSockets) {
  EXPECT_EQ(socket("127.0.0.1:9000").kind, Kind::kTcp);
  EXPECT_EQ(socket("127.0.0.1:9000").host, "127.0.0.1");
  EXPECT_EQ(socket("127.0.0.1:65535").port, 65535);
  EXPECT_EQ(socket("localhost:1").host, "localhost");
  EXPECT_EQ(socket("\"[::1]:9000\"").host, "::1");
  EXPECT_EQ(socket("\"[fe80::1%eth0]:9000\"").host, "fe80::1%eth0");
  EXPECT_THAT(
      socket("{ socket: 0.0.0.0:9000, allowed_clients: [10.0.0.2, \"fd00::2\"] }").allowed_clients,
      ElementsAre("10.0.0.2", "fd00::2"));
}

TEST_F(ListenKey, ReadsInheritedDescriptors) {
  EXPECT_EQ(socket("fd:0").kind, Kind::kDescriptor);
  EXPECT_EQ(socket("fd:0").descriptor, 0);
  EXPECT_EQ(socket("systemd").kind, Kind::kSystemd);
  EXPECT_EQ(socket("fd:3").descriptor, 3);
}

TEST_F(ListenKey, MayBeAListAMappingOrATextAlone) {
  EXPECT_EQ(sockets("[fd:0, 127.0.0.1:9000, { socket: unix:a.sock }]").size(), 3u);
  EXPECT_EQ(sockets("{ socket: unix:a.sock }").size(), 1u);
  EXPECT_EQ(sockets("unix:a.sock").size(), 1u);
}

TEST_F(ListenKey, LeavesTheModeToTheUmaskUnlessItIsGiven) {
  EXPECT_EQ(socket("unix:a.sock").mode, std::nullopt);
  EXPECT_EQ(socket("{ socket: unix:a.sock, mode: 0600 }").mode, 0600u);
}

TEST_F(ListenKey, RefusesModesThatAreNotOctal) {
  EXPECT_EQ(
      error("{ socket: unix:a.sock, mode: 660 }"),
      "shoal.yaml:1: listen.mode: \"660\" is not a mode; write a zero and three octal digits, as "
      "in \"0660\"");
  for (const char* mode : {"432", "0o660", "0680", "07777", "rw-rw----", "''"}) {
    EXPECT_THAT(error(std::string("{ socket: unix:a.sock, mode: ") + mode + " }"),
                HasSubstr("is not a mode"));
  }
}

TEST_F(ListenKey, RefusesAnEntryWithoutASocket) {
  EXPECT_EQ(error("[]"),
            "shoal.yaml:1: listen: has no socket; write one, as in \"socket: "
            "unix:/run/shoal/shoal.sock\"");
  EXPECT_THAT(errors("\n  - mode: \"0660\"\n  - owner: www-data\n"),
              ElementsAre(StartsWith("shoal.yaml:2: listen[0].socket: missing; add it"),
                          StartsWith("shoal.yaml:3: listen[1].socket: missing; add it")));
}

TEST_F(ListenKey, ExplainsHowASocketIsWritten) {
  EXPECT_EQ(error("/run/shoal.sock"),
            "shoal.yaml:1: listen: \"/run/shoal.sock\" is not a socket; write unix: in front of a "
            "path");
  EXPECT_EQ(error("9000"),
            "shoal.yaml:1: listen: \"9000\" is not a socket; write unix:PATH, HOST:PORT, "
            "\"[::1]:PORT\", fd:0 or systemd");
  EXPECT_THAT(error("'unix:'"), HasSubstr("is empty; write a path"));
  EXPECT_THAT(
      error("fd:zero"),
      HasSubstr("\"zero\" is not a file descriptor; write a number from 0 to 1023, as in fd:0"));
  EXPECT_THAT(error("fd:-1"), HasSubstr("is not a file descriptor"));
  EXPECT_THAT(error("[[fd:0]]"), StartsWith("shoal.yaml:1: listen[0]: is a list; write a mapping"));
}

TEST_F(ListenKey, RefusesWrongHosts) {
  EXPECT_THAT(error("':9000'"), HasSubstr("is not a host; write a name or an address"));
  EXPECT_THAT(error("'*:9000'"), HasSubstr("or 0.0.0.0:9000 for all IPv4 addresses"));
  EXPECT_THAT(error("127.0.0.256:9000"), HasSubstr("is not an IPv4 address; write four numbers"));
  EXPECT_THAT(error("'::1:9000'"), HasSubstr("write an IPv6 address in brackets"));
  EXPECT_THAT(error("'[::g]:9000'"), HasSubstr("\"::g\" is not an IPv6 address"));
  EXPECT_THAT(error("'[127.0.0.1]:9000'"), HasSubstr("is not an IPv6 address"));
}

TEST_F(ListenKey, RefusesPortsOutOfRange) {
  for (const char* port : {"0", "65536", "-1", "http", ""}) {
    EXPECT_EQ(error(std::string("'127.0.0.1:") + port + "'"),
              "shoal.yaml:1: listen: \"" + std::string(port) +
                  "\" is not a port; write a number from 1 to 65535");
  }
}

TEST_F(ListenKey, RefusesTooLongSocketPaths) {
  EXPECT_THAT(errors("unix:/" + std::string(106, 's')), IsEmpty());
  EXPECT_THAT(error("unix:/" + std::string(107, 's')),
              HasSubstr("is 108 bytes long; choose one of at most 107 bytes"));
}

TEST_F(ListenKey, RefusesKeysOfAnotherKindOfSocket) {
  EXPECT_THAT(errors("\n  socket: 127.0.0.1:9000\n  mode: \"0660\"\n  owner: a\n  group: b\n"),
              ElementsAre("shoal.yaml:3: listen.mode: applies to socket files only; remove it, or "
                          "listen on unix:PATH",
                          StartsWith("shoal.yaml:4: listen.owner: applies to socket files only"),
                          StartsWith("shoal.yaml:5: listen.group: applies to socket files only")));
  EXPECT_EQ(
      error("{ socket: unix:a.sock, allowed_clients: [127.0.0.1] }"),
      "shoal.yaml:1: listen.allowed_clients: applies to TCP sockets only; remove it, or listen on "
      "HOST:PORT");
  EXPECT_THAT(error("{ socket: fd:0, backlog: 5 }"),
              HasSubstr("listen.backlog: is set by the program that opens the socket"));
}

TEST_F(ListenKey, RefusesClientsThatAreNotAddresses) {
  EXPECT_THAT(
      errors("\n  socket: localhost:9000\n  allowed_clients:\n    - 10.0.0.0/8\n"
             "    - 10.0.0.1\n    - web.example\n"),
      ElementsAre("shoal.yaml:4: listen.allowed_clients[0]: \"10.0.0.0/8\" is not an IP address; "
                  "write an IPv4 or IPv6 address, not a name or a network",
                  StartsWith("shoal.yaml:6: listen.allowed_clients[2]: \"web.example\"")));
  EXPECT_THAT(error("{ socket: localhost:9000, allowed_clients: 10.0.0.1 }"),
              HasSubstr("is not a list; write it in brackets"));
}

TEST_F(ListenKey, DoesNotTreatAnEmptyListOfClientsAsAllClients) {
  EXPECT_THAT(error("{ socket: localhost:9000, allowed_clients: [] }"),
              HasSubstr("is empty; list an address, or remove the key"));
}

TEST_F(ListenKey, RefusesBacklogsOutOfRange) {
  EXPECT_THAT(error("{ socket: unix:a.sock, backlog: 0 }"), HasSubstr("write 1 to 65535"));
}

TEST_F(ListenKey, RefusesTheSameSocketTwice) {
  EXPECT_EQ(error("\n  - unix:a.sock\n  - socket: unix:./b/../a.sock\n"),
            "shoal.yaml:3: listen[1]: is the same socket as on line 2; remove one of the two");
  EXPECT_THAT(error("['[::1]:9000', '[0:0::1]:9000']"), HasSubstr("is the same socket"));
  EXPECT_THAT(error("[localhost:9000, LocalHost:9000]"), HasSubstr("is the same socket"));
  EXPECT_THAT(errors("[127.0.0.1:9000, 127.0.0.1:9001, '[::1]:9000', fd:0, unix:a]"), IsEmpty());
}

TEST_F(ListenKey, SuggestsTheNearestKeyForAnUnknownOne) {
  EXPECT_EQ(error("{ socket: unix:a.sock, ower: www-data }"),
            "shoal.yaml:1: listen.ower: unknown key; did you mean \"owner\"?");
}

}  // namespace
}  // namespace shoal::settings
