#include "settings/units.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "settings/value_error.hpp"

namespace shoal::settings {
namespace {

using namespace std::chrono_literals;

template <typename Parse>
std::string error_of(Parse parse, const char* text) {
  try {
    parse(text);
  } catch (const ValueError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Units, ReadDurationsInEachUnit) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("5s"), 5s);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("0s"), 0ms);
}

TEST(Units, ReadSizesInEachUnit) {
  EXPECT_EQ(parse_size("512B"), 512u);
  EXPECT_EQ(parse_size("64KiB"), 64u << 10);
  EXPECT_EQ(parse_size("8MiB"), 8u << 20);
  EXPECT_EQ(parse_size("3GiB"), std::uint64_t{3} << 30);
}

TEST(Units, RequireTheUnit) {
  EXPECT_EQ(error_of(parse_duration, "5"), "has no unit; write one, as in 5s or 250ms");
  EXPECT_EQ(error_of(parse_size, "0"), "has no unit; write one, as in 8MiB or 512KiB");
}

TEST(Units, RefuseUnknownUnits) {
  EXPECT_EQ(
      error_of(parse_duration, "5sec"),
      "\"5sec\" has an unknown unit; write one of ms, s, m, h right after the number, as in 5s "
      "or 250ms");
  for (const char* text : {"8MB", "8M", "8mib", "8 MiB", "8MiBs"}) {
    EXPECT_THAT(error_of(parse_size, text),
                testing::HasSubstr("unknown unit; write one of B, KiB"));
  }
}

TEST(Units, RefuseFractions) {
  EXPECT_EQ(error_of(parse_duration, "1.5s"),
            "\"1.5s\" has a fraction; write a whole number of a smaller unit (ms, s, m, h)");
  EXPECT_THAT(error_of(parse_size, "0,5GiB"), testing::HasSubstr("has a fraction"));
}

TEST(Units, RefuseTextThatIsNotANumber) {
  for (const char* text : {"", "soon", "-5s", "+5s", " 5s", "s"}) {
    EXPECT_THAT(error_of(parse_duration, text),
                testing::HasSubstr("is not a duration; write one, as in 5s"));
  }
}

TEST(Units, RefuseNumbersThatAreTooLarge) {
  EXPECT_EQ(parse_duration("9223372036854775807ms").count(), INT64_MAX);
  for (const char* text : {"9223372036854775808ms", "99999999999999h", "99999999999999999999s"}) {
    EXPECT_THAT(error_of(parse_duration, text), testing::HasSubstr("is too large"));
  }
}

TEST(Units, AreShownInTheLargestUnitThatDividesThem) {
  EXPECT_EQ(to_text(0ms), "0ms");
  EXPECT_EQ(to_text(1500ms), "1500ms");
  EXPECT_EQ(to_text(90s), "90s");
  EXPECT_EQ(to_text(120s), "2m");
  EXPECT_EQ(to_text(24h), "24h");
  EXPECT_EQ(to_text(std::uint64_t{8} << 20), "8MiB");
  EXPECT_EQ(to_text(std::uint64_t{1025}), "1025B");
}

}  // namespace
}  // namespace shoal::settings
