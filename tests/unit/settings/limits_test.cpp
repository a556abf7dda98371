// Bounds on the bodies of requests in the `limits` key. Its other values are in settings_test.

#include "configuration.hpp"

namespace shoal::settings {
namespace {

using testing::HasSubstr;

class LimitsKey : public Configuration {};

TEST_F(LimitsKey, BoundsTheBodiesOfRequests) {
  EXPECT_EQ(error_with("limits: { body_timout: 5s }\n"),
            "shoal.yaml:5: limits.body_timout: unknown key; did you mean \"body_timeout\"?");
  EXPECT_EQ(error_with("limits: { bodie: 1GiB }\n"),
            "shoal.yaml:5: limits.bodie: unknown key; did you mean \"bodies\"?");
  EXPECT_THAT(error_with("limits: { body_timeout: 0s }\n"), HasSubstr("write 1ms to 24h"));
  EXPECT_THAT(error_with("limits: { body_timeout: 25h }\n"), HasSubstr("write 1ms to 24h"));
  EXPECT_THAT(error_with("limits: { bodies: 1025GiB }\n"), HasSubstr("write 0B to 1024GiB"));
  EXPECT_EQ(error_with("limits: { bodies: 1073741824 }\n"),
            "shoal.yaml:5: limits.bodies: has no unit; write one, as in 8MiB or 512KiB");
  EXPECT_EQ(error_with("limits: { body_timeout: 300 }\n"),
            "shoal.yaml:5: limits.body_timeout: has no unit; write one, as in 5s or 250ms");
}

TEST_F(LimitsKey, LeavesRoomForAtLeastOneBody) {
  EXPECT_EQ(error_with("limits:\n  bodies: 1MiB\n  body: 8MiB\n"),
            "shoal.yaml:6: limits.bodies: 1MiB is less than limits.body, which is 8MiB; write 8MiB "
            "or more, or lower limits.body");
  EXPECT_THAT(error_with("limits: { bodies: 0B }\n"),
              HasSubstr("0B is less than limits.body, which is 8MiB"));
  EXPECT_EQ(settings_with("limits: { body: 8MiB, bodies: 8MiB }\n").limits.bodies, 8u << 20);
  EXPECT_EQ(settings_with("limits: { body: 0B, bodies: 0B }\n").limits.bodies, 0u);
}

TEST_F(LimitsKey, AsksForMoreRoomIfOneBodyMayBeLargerThanTheDefaultForAll) {
  EXPECT_EQ(error_with("limits:\n  body: 2GiB\n"),
            "shoal.yaml:6: limits.body: 2GiB is more than limits.bodies, which is 1GiB; add "
            "\"bodies: 2GiB\" or more, or lower it");
}

TEST_F(LimitsKey, ComparesOnlySizesWithoutErrors) {
  EXPECT_THAT(error_with("limits: { body: large, bodies: 1MiB }\n"), HasSubstr("limits.body: "));
  EXPECT_THAT(error_with("limits: { body: 2GiB, bodies: many }\n"), HasSubstr("limits.bodies: "));
}

}  // namespace
}  // namespace shoal::settings
