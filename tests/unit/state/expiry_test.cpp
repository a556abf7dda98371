#include <sys/stat.h>

#include <thread>

#include "state_of_a_group.hpp"

namespace shoal::state {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class Expiry : public StateOfAGroup {
 protected:
  /// Waits until `key` is absent. If it never expires, the time limit of all tests ends the test.
  void wait_until_absent(const std::string& key) {
    while (pond().get(key)) std::this_thread::sleep_for(1ms);
  }

  /// Returns the bytes that the store takes on disk.
  std::int64_t taken() const {
    struct stat status {};
    ::stat(file().c_str(), &status);
    return status.st_blocks * std::int64_t{512};
  }
};

TEST_F(Expiry, NeverComesByDefault) {
  pond().set("fish", "carp");
  pond().set("bird", "duck", 1ms);
  wait_until_absent("bird");
  EXPECT_EQ(pond().get("fish"), "carp");
}

TEST_F(Expiry, MakesAnEntryAbsentForEveryMember) {
  pond().set("get", "1", 1ms);
  pond().set("add", "41", 1ms);
  pond().set("update", "1", 1ms);
  pond().set("erase", "1", 1ms);
  wait_until_absent("erase");
  wait_until_absent("get");
  EXPECT_FALSE(pond().erase("erase"));
  EXPECT_EQ(pond().add("add", 1), 1);
  EXPECT_EQ(pond().update("update", [](const auto& seen) { return seen.value_or("none"); }),
            "none");
}

TEST_F(Expiry, MakesAnEntryAbsentForAProbe) {
  pond().set("fish", "carp", 1ms);
  wait_until_absent("fish");
  EXPECT_EQ(probed()->get("fish"), std::nullopt);
}

TEST_F(Expiry, IsThatOfTheLastWrite) {
  pond().set("fish", "carp", 1ms);
  pond().set("fish", "carp", 24h);
  pond().set("visits", "1", 1ms);
  pond().add("visits", 1);
  pond().set("later", "x", 24h);
  pond().set("later", "y", 1ms);
  pond().set("bird", "duck", 1ms);
  wait_until_absent("bird");
  wait_until_absent("later");
  for (int i = 0; i < 8; ++i) pond().set("any", "x");  // removes expired entries, and only those
  EXPECT_EQ(pond().get("fish"), "carp");
  EXPECT_NE(pond().get("visits"), std::nullopt);
}

TEST_F(Expiry, DoesNotRemoveALaterEntryWithTheSameKey) {
  pond().set("fish", "carp", 1ms);
  wait_until_absent("fish");
  pond().set("fish", "pike");
  for (int i = 0; i < 8; ++i) pond().set("any", "x");
  EXPECT_EQ(pond().get("fish"), "pike");
  EXPECT_TRUE(pond().erase("fish"));
}

TEST_F(Expiry, MayBeAsLateAsTheLongestTime) {
  pond().set("fish", "carp", State::kForever - 1ms);
  EXPECT_EQ(pond().get("fish"), "carp");
}

TEST_F(Expiry, MustBeInTheFuture) {
  EXPECT_EQ(error_of([&] { pond().set("fish", "carp", 0ms); }),
            "state of group pond: key \"fish\": the time to live is 0 ms; give it at least 1");
  EXPECT_THAT(error_of([&] { pond().add("fish", 1, -5ms); }), HasSubstr("-5 ms"));
}

TEST_F(Expiry, FreesTheSpaceOfExpiredEntries) {
  options_.size = 64 << 20;
  const std::string value(1000, 'v');
  // 20 MB in all. Each write removes two expired entries, so there are never many.
  for (int i = 0; i < 20'000; ++i) pond().set("session " + std::to_string(i), value, 1ms);
  EXPECT_LT(taken(), 8 << 20);
}

}  // namespace
}  // namespace shoal::state
