#include "base/file_lock.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "base/descriptor.hpp"

namespace shoal::base {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class Locking : public ::testing::Test {
 protected:
  ~Locking() override { std::filesystem::remove(path_); }

  std::optional<std::string> lock(int file, std::chrono::milliseconds patience) {
    return base::lock_file(file, patience,
                           [this](const std::string& text) { said_.push_back(text); });
  }

  std::string path_ = (std::filesystem::temp_directory_path() / "shoal.XXXXXX").native();
  const Descriptor first_{::mkostemp(path_.data(), O_CLOEXEC)};
  const Descriptor second_{::open(path_.c_str(), O_RDWR | O_CLOEXEC)};
  const std::string self_ = "process " + std::to_string(::getpid()) + " (";
  std::vector<std::string> said_;
};

TEST_F(Locking, TakesWhatIsFree) {
  EXPECT_EQ(lock(first_.get(), std::chrono::milliseconds(0)), std::nullopt);
  EXPECT_THAT(holder_of_lock(first_.get()), StartsWith(self_));
  EXPECT_EQ(::flock(first_.get(), LOCK_UN), 0);
  EXPECT_EQ(lock(second_.get(), std::chrono::milliseconds(0)), std::nullopt);
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(Locking, NamesTheHolderWhileItWaitsAndGivesUpInTheEnd) {
  ASSERT_EQ(::flock(first_.get(), LOCK_EX), 0);
  const auto refused = lock(second_.get(), std::chrono::milliseconds(1'100));
  ASSERT_TRUE(refused);
  EXPECT_THAT(*refused, StartsWith(self_));
  EXPECT_THAT(*refused, HasSubstr(" has held its lock for "));
  EXPECT_THAT(said_, ElementsAre(StartsWith("waits for the lock that " + self_)));
}

}  // namespace
}  // namespace shoal::base
