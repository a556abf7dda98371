#include "fastcgi/body_file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "file_size_limit.hpp"
#include "scratch_folder.hpp"

namespace shoal::fastcgi {
namespace {

TEST(ABodyBudget, GivesOnlyWhatIsLeft) {
  BodyBudget budget(100);
  EXPECT_TRUE(budget.take(60));
  EXPECT_FALSE(budget.take(41));
  EXPECT_FALSE(budget.take(UINT64_MAX));
  EXPECT_TRUE(budget.take(40));
  EXPECT_FALSE(budget.take(1));
  EXPECT_TRUE(budget.take(0));
  budget.give_back(10);
  EXPECT_TRUE(budget.take(10));
}

TEST(ABodyBudget, IsNeverExceededByManyThreads) {
  BodyBudget budget(10);
  std::atomic<int> holding{0};
  std::atomic<int> most{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 5'000; ++round) {
        if (!budget.take(4)) continue;
        const int now = ++holding;
        int seen = most.load();
        while (now > seen && !most.compare_exchange_weak(seen, now)) continue;
        --holding;
        budget.give_back(4);
      }
    });
  }
  threads.clear();
  EXPECT_LE(most, 2);
  EXPECT_TRUE(budget.take(10)) << "all was given back";
}

class ABodyFile : public ::testing::Test {
 protected:
  static std::string read(const BodyFile& file, std::uint64_t offset, std::size_t size) {
    std::string bytes(size, '\0');
    bytes.resize(file.read(offset, bytes));
    return bytes;
  }

  test::ScratchFolder folder_;
};

TEST_F(ABodyFile, HoldsWhatIsAppended) {
  BodyFile file(folder_ / "");
  file.append("hello ");
  file.append("world");
  EXPECT_EQ(file.size(), 11u);
  EXPECT_EQ(read(file, 0, 100), "hello world");
  EXPECT_EQ(read(file, 4, 4), "o wo");
  EXPECT_EQ(read(file, 11, 4), "");
  EXPECT_EQ(read(file, 400, 4), "");
}

TEST_F(ABodyFile, HasNoName) {
  BodyFile file(folder_ / "");
  file.append("hello");
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / ""));
}

TEST_F(ABodyFile, IsForThisProcessAndUserOnly) {
  const BodyFile file(folder_ / "");
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ended;
    const std::string path = std::filesystem::read_symlink(entry, ended);
    if (!path.starts_with((folder_ / "").string())) continue;
    const int descriptor = std::stoi(entry.path().filename());
    struct stat about {};
    ::fstat(descriptor, &about);
    EXPECT_EQ(about.st_mode & 0777U, 0600U);
    EXPECT_EQ(about.st_nlink, 0u);
    EXPECT_EQ(::fcntl(descriptor, F_GETFD), FD_CLOEXEC);
    ++found;
  }
  EXPECT_EQ(found, 1);
}

TEST_F(ABodyFile, CannotBeMadeWithoutItsFolder) {
  EXPECT_THROW(BodyFile(folder_ / "missing"), std::system_error);
}

TEST_F(ABodyFile, KeepsWhatItHadWhenTheDiskIsFull) {
  BodyFile file(folder_ / "");
  file.append("hello");
  {
    const test::FileSizeLimit limit(8);
    EXPECT_THROW(file.append("too much for it"), std::system_error);
  }
  EXPECT_EQ(file.size(), 5u);
  file.append("!");
  EXPECT_EQ(read(file, 0, 100), "hello!");
}

}  // namespace
}  // namespace shoal::fastcgi
