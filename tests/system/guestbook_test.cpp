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

/// The real apps/guestbook, dropped as `lone`.
class Guestbook : public Site {
 protected:
  void SetUp() override {
    drop_guestbook();
    start();
  }

  /// Drops it with some bytes behind its end: the same bytes would be no new generation.
  void drop_guestbook() {
    const std::string built = std::string(built::kFolder) + "/apps/guestbook.so";
    shell("cp " + built + " $HERE/next.so; echo build " + std::to_string(++drops_) +
          " >> $HERE/next.so; mv $HERE/next.so $APPS/lone.so");
  }

  /// Adds `times` entries to the guest book. Returns how many were accepted.
  int sign(const std::string& name, int times) const {
    Visitor visitor(port());
    int accepted = 0;
    for (int i = 1; i <= times; ++i) {
      accepted += visitor
                      .send({.method = "POST",
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

 private:
  int drops_ = 0;
};

TEST_F(Guestbook, KeepsItsEntriesAcrossReloadsOfItsModule) {
  const int kTimes = 40;
  std::vector<std::thread> visitors;
  for (const char* name : {"Ada", "Grace", "Barbara"}) {
    visitors.emplace_back([this, name, kTimes] { EXPECT_EQ(sign(name, kTimes), kTimes); });
  }
  for (int reload = 2; reload <= 6; ++reload) {
    drop_guestbook();
    EXPECT_EQ(generation("/lone"), "lone/" + std::to_string(reload));
  }
  for (auto& visitor : visitors) visitor.join();
  expect_signed(3 * kTimes);
  drop_guestbook();
  expect_signed(3 * kTimes);
  EXPECT_EQ(sign("Hedy", 1), 1);
  EXPECT_THAT(get("/lone").body, HasSubstr("<strong>Hedy</strong>\nNo.1"));
}

TEST_F(Guestbook, KeepsItsEntriesWhenTheContainerIsKilledAndRestarted) {
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
