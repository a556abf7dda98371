#include "base/files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/descriptor.hpp"

namespace shoal::base {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "shoal.XXXXXX").native();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~Files() override { fs::remove_all(folder_); }

  fs::path folder_;
};

TEST_F(Files, AreReadWholeWhateverTheirSize) {
  const std::string text(100'000, 'x');
  std::ofstream(folder_ / "a") << text;
  EXPECT_EQ(read_whole(folder_ / "a"), text);
  std::ofstream(folder_ / "empty").flush();
  EXPECT_EQ(read_whole(folder_ / "empty"), "");
  EXPECT_NE(read_whole(fs::path("/proc/self/status"))->find("Pid:"), std::string::npos);
}

TEST_F(Files, AreReadFromTheBeginningWhereverTheOffsetIs) {
  std::ofstream(folder_ / "a") << "abc";
  const Descriptor file(::open((folder_ / "a").c_str(), O_RDONLY | O_CLOEXEC));
  ::lseek(file.get(), 2, SEEK_SET);
  EXPECT_EQ(read_whole(file.get()), "abc");
}

TEST_F(Files, ThatCannotBeReadTellWhy) {
  EXPECT_EQ(read_whole(folder_ / "absent"), std::nullopt);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(read_whole(folder_), std::nullopt);
  EXPECT_EQ(errno, EISDIR);
}

TEST_F(Files, AreWrittenInPiecesWhereAPipeIsSmall) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Descriptor out(ends[0]);
  const Descriptor in(ends[1]);
  const std::string text(1 << 20, 'x');
  std::thread writer([&] { EXPECT_TRUE(write_whole(in.get(), text)); });
  std::string got;
  for (char part[4096]; got.size() < text.size();) {
    const ssize_t size = ::read(out.get(), part, sizeof part);
    ASSERT_GT(size, 0);
    got.append(part, static_cast<std::size_t>(size));
  }
  writer.join();
  EXPECT_EQ(got, text);
}

TEST_F(Files, ThatCannotBeWrittenTellWhy) {
  EXPECT_FALSE(write_whole(-1, "a"));
  EXPECT_EQ(errno, EBADF);
  const Descriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  EXPECT_FALSE(write_whole(full.get(), "a"));
  EXPECT_EQ(errno, ENOSPC);
}

}  // namespace
}  // namespace shoal::base
