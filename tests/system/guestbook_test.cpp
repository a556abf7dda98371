#include <gmock/gmock.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "built.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

using ::testing::HasSubstr;

/// apps/guestbook itself, in the place of `lone`.
class Guestbook : public Site {
 protected:
  void SetUp() override {
    bring();
    start();
  }

  void bring() {
    shell(std::string("cp ") + built::kFolder +
          "/apps/guestbook.so $APPS/.new; mv $APPS/.new $APPS/lone.so");
  }

  /// Signs `times` times; how often that was accepted.
  int sign(const std::string& name, int times) const {
    Visitor visitor(port());
    int accepted = 0;
    for (int i = 1; i <= times; ++i) {
      accepted += visitor
                      .ask({.method = "POST",
                            .path = "/lone",
                            .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                            .body = "name=" + name + "&message=No." + std::to_string(i)})
                      .status == 303;
    }
    return accepted;
  }

  void expect_signed(int times) {
    EXPECT_THAT(get("/lone").body,
                HasSubstr("Signed <output>" + std::to_string(times) + "</output> times"));
  }
};

TEST_F(Guestbook, CountsAndListsThroughReloadsOfItsOwnModule) {
  const int kTimes = 40;
  std::vector<std::thread> guests;
  for (const char* name : {"Ada", "Grace", "Barbara"}) {
    guests.emplace_back([this, name, kTimes] { EXPECT_EQ(sign(name, kTimes), kTimes); });
  }
  for (int reload = 2; reload <= 6; ++reload) {
    bring();
    EXPECT_EQ(generation("/lone"), "lone/" + std::to_string(reload));
  }
  for (auto& guest : guests) guest.join();
  expect_signed(3 * kTimes);
  bring();
  expect_signed(3 * kTimes);
  EXPECT_EQ(sign("Hedy", 1), 1);
  EXPECT_THAT(get("/lone").body, HasSubstr("<strong>Hedy</strong>\nNo.1"));
}

TEST_F(Guestbook, KeepsItsEntriesWhenTheContainerIsKilledAndStartedAgain) {
  EXPECT_EQ(sign("Ada", 3), 3);
  EXPECT_EQ(stop_container(SIGKILL), 128 + SIGKILL);
  start_container();
  expect_signed(3);
  EXPECT_EQ(sign("Grace", 1), 1);
  EXPECT_THAT(get("/lone").body, HasSubstr("<strong>Ada</strong>\nNo.3"));
  EXPECT_EQ(stop_container(SIGTERM), 0);
  start_container();
  expect_signed(4);
}

}  // namespace
}  // namespace shoal::system
