#include "status/words.hpp"

#include <gmock/gmock.h>

#include "sample.hpp"
#include "status/columns.hpp"

namespace shoal::status {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Words, OfTimesAreShort) {
  EXPECT_EQ(span(-3), "0 s");
  EXPECT_EQ(span(0.0123), "12 ms");
  EXPECT_EQ(span(95.9), "95 s");
  EXPECT_EQ(span(312), "5 min");
  EXPECT_EQ(span(86'400), "24 h");
  EXPECT_EQ(span(86'400 * 1000.0), "1,000 days");
  EXPECT_EQ(span(1e300), "11,574,074 days");
  EXPECT_EQ(ago(0, 100), "never");
  EXPECT_EQ(ago(100, 100.5), "just now");
  EXPECT_EQ(ago(200, 100), "just now") << "the clock was set back";
  EXPECT_EQ(ago(100, 280), "3 min ago");
}

TEST(Words, OfDurationsHaveUnits) {
  EXPECT_EQ(duration(0ns), "0");
  EXPECT_EQ(duration(900ns), "0.9 us");
  EXPECT_EQ(duration(85us), "85 us");
  EXPECT_EQ(duration(1250us), "1.2 ms");
  EXPECT_EQ(duration(999'600us), "1.0 s");
  EXPECT_EQ(duration(100s), "100 s");
}

TEST(Words, OfSizesAndCountsAreReadable) {
  EXPECT_EQ(size(512), "512 B");
  EXPECT_EQ(size(48'234'496), "46 MiB");
  EXPECT_EQ(size(1'288'490'188), "1.2 GiB");
  EXPECT_EQ(count(0), "0");
  EXPECT_EQ(count(999), "999");
  EXPECT_EQ(count(1'204'331), "1,204,331");
  EXPECT_EQ(count_of(1, "group"), "1 group");
  EXPECT_EQ(count_of(4, "crash"), "4 crashes");
  EXPECT_EQ(count_of(2, "process"), "2 processes");
}

TEST(Words, OfDatesAreInUtc) {
  EXPECT_EQ(utc(sample::kNow), "2024-03-05 03:07:00 UTC");
  EXPECT_EQ(iso_utc(sample::kNow), "2024-03-05T03:07:00Z");
  EXPECT_EQ(utc(-1e300), "1970-01-01 00:00:00 UTC");
}

TEST(Words, FromOutsideCannotControlATerminal) {
  EXPECT_EQ(shown("a\r\n\x1b[2J\x7f"), "a\\x0d\\x0a\\x1b[2J\\x7f");
  EXPECT_EQ(shown("\xc2\x9b"
                  "2J"),
            "\\xc2\\x9b2J")
      << "some terminals read this as ESC [";
  EXPECT_EQ(shown("\xe2\x80\xae"
                  "gnp.exe"),
            "\\u{202e}gnp.exe");
  EXPECT_EQ(shown("\xff\xc3"), "\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(shown("Gr\xc3\xb6\xc3\x9f"
                  "e \xe6\xb0\xb4 \xf0\x9f\x90\x9f"),
            "Gr\xc3\xb6\xc3\x9f"
            "e \xe6\xb0\xb4 \xf0\x9f\x90\x9f");
}

TEST(Words, KeepLines) {
  EXPECT_THAT(shown_lines("one\ntwo\t\n"), ElementsAre("one", "two\\x09"));
  EXPECT_THAT(shown_lines(""), IsEmpty());
}

TEST(Words, AreCutAtWholeCharactersAndEndWithDots) {
  EXPECT_EQ(cut("abcdef", 6), "abcdef");
  EXPECT_EQ(cut("abcdefg", 6), "abc...");
  EXPECT_EQ(cut("\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6", 4), "\xc3\xb6...");
}

}  // namespace
}  // namespace shoal::status
