#include "commands/progress_line.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace shoal::commands {
namespace {

using std::chrono::milliseconds;

TEST(ProgressLine, BeginsAfterHalfASecondAndIsRemovedAtTheEnd) {
  std::ostringstream terminal;
  {
    ProgressLine line(terminal, /*is_terminal=*/true, "waiting");
    const auto now = ProgressLine::Clock::now();
    line.show(now);
    EXPECT_EQ(terminal.str(), "");
    line.show(now + milliseconds(1250));
    EXPECT_EQ(terminal.str(), "\r\033[Kwaiting, 1.2 s");
    line.say("probing\n", now + milliseconds(1350));
    EXPECT_THAT(terminal.str(), ::testing::EndsWith("\r\033[Kprobing\\x0a, 1.3 s"));
  }
  EXPECT_THAT(terminal.str(), ::testing::EndsWith(" s\r\033[K"));
}

TEST(ProgressLine, IsNotWrittenToAFile) {
  std::ostringstream file;
  {
    ProgressLine line(file, /*is_terminal=*/false, "waiting");
    line.say("probing", ProgressLine::Clock::now() + milliseconds(1300));
  }
  EXPECT_EQ(file.str(), "");
}

}  // namespace
}  // namespace shoal::commands
