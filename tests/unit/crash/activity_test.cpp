#include "crash/activity.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "base/printable.hpp"

namespace shoal::crash {
namespace {

std::string stored(std::string_view text) {
  FixedText<16> fixed;
  fixed = text;
  return std::string(fixed.view());
}

TEST(FixedText, IsEmptyAtFirst) { EXPECT_EQ(FixedText<16>().view(), ""); }

TEST(FixedText, KeepsATextThatFits) {
  EXPECT_EQ(stored(""), "");
  EXPECT_EQ(stored("GET /about"), "GET /about");
  EXPECT_EQ(stored("exactly fifteen"), "exactly fifteen");
}

TEST(FixedText, EndsACutTextWithDots) {
  EXPECT_EQ(stored("sixteen letters."), "sixteen lett...");
  EXPECT_EQ(stored(std::string(1000, 'x')), "xxxxxxxxxxxx...");
}

TEST(FixedText, EscapesLikeLogs) {
  const std::string bytes("a\r\n\0", 4);
  EXPECT_EQ(stored(bytes), "a\\x0d\\x0a\\x00");
  EXPECT_EQ(stored("caf\xc3\xa9"), base::printable("caf\xc3\xa9"));
}

TEST(FixedText, DoesNotCutAnEscape) {
  EXPECT_EQ(stored(std::string(1000, '\n')), "\\x0a\\x0a\\x0a...");
  EXPECT_EQ(stored("0123456789ab\n"), "0123456789ab...");
  EXPECT_EQ(stored("0123456789a\n"), "0123456789a\\x0a");
}

TEST(FixedText, CanBeAssignedAgain) {
  FixedText<16> fixed;
  fixed = "first and long";
  fixed = "second";
  EXPECT_EQ(fixed.view(), "second");
}

TEST(Activity, IsNullByDefault) { EXPECT_EQ(current_activity(), nullptr); }

TEST(ActivityScope, RestoresThePreviousActivity) {
  const Activity outer;
  const Activity inner;
  {
    const ActivityScope scope(outer);
    EXPECT_EQ(current_activity(), &outer);
    {
      const ActivityScope inner_scope(inner);
      EXPECT_EQ(current_activity(), &inner);
    }
    EXPECT_EQ(current_activity(), &outer);
  }
  EXPECT_EQ(current_activity(), nullptr);
}

TEST(ActivityScope, SetsTheActivityOfItsOwnThreadOnly) {
  const Activity activity;
  const ActivityScope scope(activity);
  const Activity* seen = &activity;
  std::thread([&] { seen = current_activity(); }).join();
  EXPECT_EQ(seen, nullptr);
}

}  // namespace
}  // namespace shoal::crash
