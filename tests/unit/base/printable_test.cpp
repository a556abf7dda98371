#include "base/printable.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "base/current_request.hpp"

namespace shoal::base {
namespace {

using std::string_literals::operator""s;

TEST(Printable, LeavesTextAlone) {
  EXPECT_EQ(printable("GET /tank?fish=b\\x \"cod\""), "GET /tank?fish=b\\x \"cod\"");
  EXPECT_EQ(printable("bärsch € 🐟"), "bärsch € 🐟");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, EscapesWhatForgesALineOrSteersATerminal) {
  EXPECT_EQ(printable("a\r\nb\t\0\x1b[2J\x7f"s), "a\\x0d\\x0ab\\x09\\x00\\x1b[2J\\x7f");
  EXPECT_EQ(printable("\u0085\u009b2J\u00a0"), "\\xc2\\x85\\xc2\\x9b2J\u00a0");
}

TEST(Printable, EscapesWhatIsNoUtf8) {
  EXPECT_EQ(printable("b\xe4rsch"), "b\\xe4rsch");
  EXPECT_EQ(printable("\xc3"), "\\xc3");
  EXPECT_EQ(printable("\xe2\x82z"), "\\xe2\\x82z");
  EXPECT_EQ(printable("\xc0\x8a\xe0\x80\x8a\xf0\x80\x80\x8a"),
            "\\xc0\\x8a\\xe0\\x80\\x8a\\xf0\\x80\\x80\\x8a");
  EXPECT_EQ(printable("\xed\xa0\x80\xf4\x90\x80\x80\xff"),
            "\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80\\xff");
}

TEST(CurrentRequest, IsThatOfTheThreadAndEnds) {
  EXPECT_EQ(CurrentRequest::id(), "");
  {
    const CurrentRequest outer("one");
    {
      const CurrentRequest inner("two");
      EXPECT_EQ(CurrentRequest::id(), "two");
    }
    EXPECT_EQ(CurrentRequest::id(), "one");
    std::thread([] { EXPECT_EQ(CurrentRequest::id(), ""); }).join();
  }
  EXPECT_EQ(CurrentRequest::id(), "");
}

}  // namespace
}  // namespace shoal::base
