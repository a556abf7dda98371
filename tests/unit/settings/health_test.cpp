// The `health` key.

#include "configuration.hpp"

namespace shoal::settings {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Kind = Listen::Kind;

class HealthKey : public Configuration {
 protected:
  Listen socket(const std::string& text) const {
    return settings_with("health: { socket: " + text + " }\n").health->socket;
  }
  std::string error(const std::string& text) const {
    return error_with("health: { socket: " + text + " }\n");
  }
};

TEST_F(HealthKey, IsLeftOutByDefault) { EXPECT_FALSE(settings_with("").health); }

TEST_F(HealthKey, MayBeAPortOfThisMachineAlone) {
  EXPECT_EQ(socket("9001").kind, Kind::kTcp);
  EXPECT_EQ(socket("9001").host, "127.0.0.1");
  EXPECT_EQ(socket("9001").port, 9001);
  EXPECT_EQ(socket("9001").where, file().string() + ":5");
}

TEST_F(HealthKey, MayBeAnAddressOrASocketFile) {
  EXPECT_EQ(socket("0.0.0.0:9001").host, "0.0.0.0");
  EXPECT_EQ(socket("\"[::1]:9001\"").host, "::1");
  EXPECT_EQ(socket("unix:health.sock").path, folder() / "health.sock");
  EXPECT_EQ(socket("unix:/run/health.sock").kind, Kind::kUnix);
}

TEST_F(HealthKey, RefusesOtherKindsOfSockets) {
  for (const char* text : {"systemd", "fd:3", "live", "\"\""}) {
    EXPECT_THAT(error(text), StartsWith("shoal.yaml:5: health.socket: ")) << text;
    EXPECT_THAT(error(text), HasSubstr("write PORT, HOST:PORT, \"[::1]:PORT\" or unix:PATH"))
        << text;
  }
  EXPECT_THAT(error("0"), HasSubstr("write a number from 1 to 65535"));
  EXPECT_THAT(error("65536"), HasSubstr("write a number from 1 to 65535"));
  EXPECT_THAT(error("/run/health.sock"), HasSubstr("write unix: in front of a path"));
}

TEST_F(HealthKey, RefusesTheSocketOfTheWebServers) {
  EXPECT_THAT(error("unix:shoal.sock"), HasSubstr("is a socket for web servers already"));
  EXPECT_THAT(error("unix:./shoal.sock"), HasSubstr("shoal.yaml:1); choose another socket"));
}

TEST_F(HealthKey, IsAMappingWithTheKeySocketAlone) {
  EXPECT_THAT(error_with("health: {}\n"),
              HasSubstr("health.socket: missing; add it, as in \"socket: 127.0.0.1:9001\""));
  EXPECT_THAT(error_with("health: { socket: 9001, sockets: 1 }\n"),
              HasSubstr("did you mean \"socket\"?"));
}

}  // namespace
}  // namespace shoal::settings
