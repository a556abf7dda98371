// What another user must not be able to do to the files of the container.
#include "base/private_folder.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "unit/as_nobody.hpp"

namespace shoal::base {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class PrivateFolders : public ::testing::Test {
 protected:
  PrivateFolders() {
    std::string name = (fs::temp_directory_path() / "shoal.XXXXXX").native();
    here_ = ::mkdtemp(name.data());
  }
  ~PrivateFolders() override {
    ::umask(umask_);
    fs::remove_all(here_);
  }

  PrivateFolder run() const { return PrivateFolder::at(here_ / "run"); }

  static unsigned mode_of(const fs::path& path) {
    struct stat status {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }

  template <typename Deed>
  static std::string refusal(const Deed& deed) {
    try {
      deed();
    } catch (const FolderError& error) {
      return error.what();
    }
    return "not refused";
  }

  fs::path here_;
  const mode_t umask_ = ::umask(0);  // the worst one
};

TEST_F(PrivateFolders, AreClosedToOthersWhateverTheUmask) {
  const auto run = PrivateFolder::at(here_ / "a/b/run/");
  const auto stages = run.folder("stages");
  const auto page = stages.file("page", O_RDWR | O_CREAT);
  EXPECT_TRUE(page);
  EXPECT_EQ(mode_of(here_ / "a"), 0755u) << "others must not rename what is in it";
  EXPECT_EQ(mode_of(here_ / "a/b/run"), 0700u);
  EXPECT_EQ(mode_of(here_ / "a/b/run/stages"), 0700u);
  EXPECT_EQ(mode_of(here_ / "a/b/run/stages/page"), 0600u);
}

TEST_F(PrivateFolders, NarrowWhatIsTheirOwn) {
  run().folder("stages").file("page", O_RDWR | O_CREAT);
  fs::permissions(here_ / "run/stages", fs::perms(0777));
  fs::permissions(here_ / "run/stages/page", fs::perms(0644));
  EXPECT_TRUE(run().folder("stages").file("page", O_RDONLY));
  EXPECT_EQ(mode_of(here_ / "run/stages"), 0700u);
  EXPECT_EQ(mode_of(here_ / "run/stages/page"), 0600u);
}

TEST_F(PrivateFolders, AtTheTopKeepTheirModeAndAreRefusedWhenOthersMayWrite) {
  fs::create_directory(here_ / "run");
  for (const unsigned mode : {0700u, 0710u, 0750u, 0755u}) {
    fs::permissions(here_ / "run", fs::perms(mode));
    EXPECT_EQ(refusal([this] { run(); }), "not refused");
    EXPECT_EQ(mode_of(here_ / "run"), mode);
  }
  for (const unsigned mode : {0770u, 0702u, 0777u, 01777u}) {
    fs::permissions(here_ / "run", fs::perms(mode));
    EXPECT_THAT(refusal([this] { run(); }), HasSubstr("chmod go-w " + (here_ / "run").native()));
  }
}

TEST_F(PrivateFolders, OfAnotherUserAreRefused) {
  const AsNobody nobody;
  EXPECT_THAT(refusal([] { PrivateFolder::at("/usr"); }),
              HasSubstr("/usr: belongs to the user root, and the container runs as "));
}

TEST_F(PrivateFolders, AtTheTopMayBeALinkOfOurs) {
  fs::create_directory(here_ / "disk");
  fs::permissions(here_ / "disk", fs::perms(0700));
  fs::create_symlink("disk", here_ / "run");
  EXPECT_TRUE(run().file("page", O_RDWR | O_CREAT));
  EXPECT_TRUE(fs::exists(here_ / "disk/page"));
  if (::geteuid() != 0) return;  // only root can give a link away
  ASSERT_EQ(::lchown((here_ / "run").c_str(), 65534, 65534), 0);
  EXPECT_THAT(refusal([this] { run(); }), HasSubstr("is a link that the user"));
}

TEST_F(PrivateFolders, FollowNoLinkInThem) {
  run();
  fs::create_directory(here_ / "victim");
  std::ofstream(here_ / "victim/page") << "text";
  fs::create_symlink("../victim", here_ / "run/stages");
  fs::create_symlink("../victim/page", here_ / "run/page");
  EXPECT_THAT(refusal([this] { run().folder("stages"); }), HasSubstr("is a link; remove it"));
  EXPECT_THAT(refusal([this] { run().file("page", O_RDWR | O_CREAT); }),
              HasSubstr("is not a regular file; remove it"));
}

TEST_F(PrivateFolders, RefuseOtherKindsOfFilesWithoutWaiting) {
  run().folder("folder");
  ASSERT_EQ(::mkfifo((here_ / "run/fifo").c_str(), 0600), 0);
  for (const int flags : {O_RDONLY, O_WRONLY, O_RDWR}) {
    for (const char* name : {"fifo", "folder"}) {
      EXPECT_THAT(refusal([&] { run().file(name, flags); }), HasSubstr("is not a regular file"));
    }
  }
}

TEST_F(PrivateFolders, WriteToNoFileThatHasAnotherName) {
  run().file("page", O_RDWR | O_CREAT);
  fs::create_hard_link(here_ / "run/page", here_ / "other");
  EXPECT_THAT(refusal([this] { run().file("page", O_RDWR | O_CREAT); }), HasSubstr("hard link"));
  EXPECT_TRUE(run().file("page", O_RDONLY));
}

TEST_F(PrivateFolders, TakeNoFileOfAnotherUser) {
  if (::geteuid() != 0) return;  // only root can give a file away
  run().folder("stages").file("page", O_RDWR | O_CREAT);
  for (const char* path : {"run/stages/page", "run/stages"}) {
    ASSERT_EQ(::chown((here_ / path).c_str(), 65534, 65534), 0);
    EXPECT_THAT(refusal([this] { run().folder("stages").file("page", O_RDONLY); }),
                HasSubstr(std::string(path) + ": belongs to the user "));
  }
}

TEST_F(PrivateFolders, SayWhatTheSystemSays) {
  const auto folder = run();
  EXPECT_FALSE(folder.file("page", O_RDONLY));
  EXPECT_EQ(errno, ENOENT);
  std::ofstream(here_ / "run/stages") << "text";
  EXPECT_THAT(refusal([&] { folder.folder("stages"); }),
              HasSubstr("run/stages: cannot be written (Not a directory); create it"));
}

}  // namespace
}  // namespace shoal::base
