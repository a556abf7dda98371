#include "base/file_lock.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
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

/// As the workers of a supervisor that was killed hold the lock that it took.
TEST_F(Locking, NamesAProcessThatLivesIfTheOneThatTookTheLockHasEnded) {
  std::array<int, 2> end{};
  ASSERT_EQ(::pipe2(end.data(), O_CLOEXEC), 0);
  std::array<int, 2> told{};
  ASSERT_EQ(::pipe2(told.data(), O_CLOEXEC), 0);
  const pid_t taker = ::fork();
  if (taker == 0) {
    const Descriptor lock(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    if (::flock(lock.get(), LOCK_EX) != 0) ::_exit(1);
    const pid_t holder = ::fork();
    if (holder == 0) {
      ::close(end[1]);
      char byte = 0;
      ::_exit(static_cast<int>(::read(end[0], &byte, 1)));  // until the test ends
    }
    ::_exit(::write(told[1], &holder, sizeof holder) == sizeof holder ? 0 : 1);
  }
  ::close(end[0]);
  const Descriptor ends(end[1]);
  pid_t holder = 0;
  ASSERT_EQ(::read(told[0], &holder, sizeof holder), static_cast<ssize_t>(sizeof holder));
  EXPECT_NE(::flock(second_.get(), LOCK_EX | LOCK_NB), 0);
  ::siginfo_t ended{};  // a zombie, as long as the test has not asked for its end
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(taker), &ended, WEXITED | WNOWAIT), 0);
  const std::string holds = "process " + std::to_string(holder) + " (";
  EXPECT_THAT(holder_of_lock(second_.get()), StartsWith(holds))
      << "the one that took it is a zombie";
  ::waitpid(taker, nullptr, 0);
  EXPECT_THAT(holder_of_lock(second_.get()), StartsWith(holds));
  ::close(told[0]);
  ::close(told[1]);
}

}  // namespace
}  // namespace shoal::base
