#include "control/journal.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "base/descriptor.hpp"

namespace shoal::control {
namespace {

using spdlog::level::level_enum;

class Journal : public ::testing::Test {
 protected:
  ~Journal() override { ::unsetenv("JOURNAL_STREAM"); }

  /// The value that systemd would set if this descriptor were a stream of the journal.
  static std::string stream_of(int descriptor) {
    struct stat status {};
    ::fstat(descriptor, &status);
    return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  }

  static void name(const std::string& stream) {
    ::setenv("JOURNAL_STREAM", stream.c_str(), /*overwrite=*/1);
  }
};

TEST_F(Journal, IsStandardErrorOnlyWhereTheVariableNamesIt) {
  EXPECT_FALSE(standard_error_is_journal());
  name(stream_of(STDERR_FILENO));
  EXPECT_TRUE(standard_error_is_journal());
  name(stream_of(STDERR_FILENO) + "0");
  EXPECT_FALSE(standard_error_is_journal());
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const base::Descriptor to_read(ends[0]);
  const base::Descriptor to_write(ends[1]);
  name(stream_of(to_write.get()));  // standard output alone goes to the journal
  EXPECT_FALSE(standard_error_is_journal());
}

TEST_F(Journal, GetsThePriorityOfEachLine) {
  name(stream_of(STDERR_FILENO));
  EXPECT_EQ(for_standard_error(level_enum::err, "a"), "<3>a");
  EXPECT_EQ(for_standard_error(level_enum::warn, "a\n"), "<4>a\n");
  EXPECT_EQ(for_standard_error(level_enum::info, "a\nb\n"), "<6>a\n<6>b\n");
  EXPECT_EQ(for_standard_error(level_enum::debug, "a\n\nb"), "<7>a\n<7>\n<7>b");
}

TEST_F(Journal, AloneGetsPriorities) {
  EXPECT_EQ(for_standard_error(level_enum::err, "a\nb\n"), "a\nb\n");
}

}  // namespace
}  // namespace shoal::control
