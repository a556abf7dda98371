#include "releases/apps/copying.hpp"

#include <fcntl.h>

#include <stdexcept>

#include "base/descriptor.hpp"
#include "releases/apps/bounds.hpp"
#include "releases/apps/file_bytes.hpp"
#include "unit/releases/apps/apps_folder.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using base::Descriptor;
using testing::HasSubstr;

constexpr off_t kMiB = 1 << 20;

class Copying : public AppsFolder {
 protected:
  /// 200 MiB with a few bytes at the begin, in the middle, and a hole at the end.
  fs::path make_sparse(const fs::path& file) const {
    write(file, "begin");
    const fs::path path = folder() / file;
    const Descriptor to(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    EXPECT_EQ(::pwrite(to.get(), "middle", 6, 100 * kMiB), 6);
    EXPECT_EQ(::ftruncate(to.get(), 200 * kMiB), 0);
    return path;
  }

  static bool copy(const fs::path& from, const fs::path& to,
                   const std::function<void()>& check = {}) {
    const Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    const Descriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    return copy_contents(source.get(), target.get(), check);
  }

  static void expect_sparse(const fs::path& file) {
    struct stat status {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_size, 200 * kMiB);
    EXPECT_LT(status.st_blocks * 512, 10 * kMiB) << "its holes are filled";
    std::ifstream stream(file, std::ios::binary);
    std::string text(6, '\0');
    stream.read(text.data(), 6);
    EXPECT_EQ(text, std::string("begin\0", 6));
    stream.seekg(100 * kMiB);
    stream.read(text.data(), 6);
    EXPECT_EQ(text, "middle");
  }
};

TEST_F(Copying, LeavesHolesAsTheyAre) {
  const fs::path from = make_sparse("from");
  ASSERT_TRUE(copy(from, folder() / "to"));
  expect_sparse(folder() / "to");
}

TEST_F(Copying, LeavesHolesAsTheyAreFromOneFileSystemToAnother) {
  const fs::path from = make_sparse("from");
  const fs::path to = "/dev/shm/shoal-copying-" + std::to_string(::getpid());
  ASSERT_TRUE(copy(from, to));
  expect_sparse(to);
  ASSERT_TRUE(copy(to, folder() / "back"));
  expect_sparse(folder() / "back");
  fs::remove(to);
}

TEST_F(Copying, CopiesWhatHasNoHoles) {
  std::string text;
  for (int i = 0; i < 1'000'000; ++i) text += std::to_string(i);
  write("from", text);
  ASSERT_TRUE(copy(folder() / "from", folder() / "to"));
  EXPECT_EQ(read("to"), text);
  write("empty", "");
  ASSERT_TRUE(copy(folder() / "empty", folder() / "nothing"));
  EXPECT_EQ(read("nothing"), "");
}

TEST_F(Copying, EndsWhenItIsToldTo) {
  write("from", "text");
  // From memory to a disk, which cannot be a clone.
  const fs::path from = "/dev/shm/shoal-copying-" + std::to_string(::getpid());
  fs::copy_file(folder() / "from", from);
  EXPECT_THROW(copy(from, folder() / "to", [] { throw std::runtime_error("interrupted"); }),
               std::runtime_error);
  fs::remove(from);
}

TEST_F(Copying, TellsWhichFileIsTooLarge) {
  EXPECT_FALSE(fault_of_size(kLargestFile));
  EXPECT_THAT(fault_of_size(kLargestFile + 1)->text(),
              HasSubstr("has 1073741825 bytes, and a module may"));
  sh("truncate -s 1073741825 large");
  try {
    const FileBytes bytes(folder() / "large");
    FAIL() << "it was read";
  } catch (const FileError& error) {
    EXPECT_EQ(error.what(),
              (folder() / "large").native() + ": " + fault_of_size(kLargestFile + 1)->text());
  }
}

TEST_F(Copying, ReadsSparseFilesAsTheyAre) {
  const FileBytes file(make_sparse("from"));
  ASSERT_EQ(file.bytes().size(), static_cast<std::size_t>(200 * kMiB));
  EXPECT_EQ(file.bytes().substr(0, 5), "begin");
  EXPECT_EQ(file.bytes().substr(100 * kMiB, 6), "middle");
  EXPECT_EQ(file.bytes().back(), '\0');
}

}  // namespace
}  // namespace shoal::releases
