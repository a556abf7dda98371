#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "state_of_a_group.hpp"
#include "unit/as_nobody.hpp"

namespace shoal::state {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class Opening : public StateOfAGroup {
 protected:
  std::string error() {
    return error_of([&] { pond().get("fish"); });
  }

  void write(const std::string& text) {
    fs::create_directories(options_.path);
    std::ofstream(file()) << text;
  }
};

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  ::stat(path.c_str(), &status);
  return status.st_mode & 0777;
}

TEST_F(Opening, MakesTheFolderForThisUserAlone) {
  options_.path = folder() / "a/b/state";
  pond().set("fish", "carp");
  EXPECT_EQ(mode_of(options_.path), 0700u);
  EXPECT_EQ(mode_of(file()), 0600u);
  EXPECT_EQ(mode_of(options_.path / "lock.mdb"), 0600u);
}

TEST_F(Opening, KeepsTheModeOfAFolderThatExists) {
  fs::create_directory(options_.path);
  fs::permissions(options_.path, fs::perms(0750));
  pond().set("fish", "carp");
  EXPECT_EQ(mode_of(options_.path), 0750u);
}

TEST_F(Opening, AcceptsAPathThatEndsWithASlash) {
  options_.path = folder() / "a/state/";
  pond().set("fish", "carp");
  EXPECT_EQ(pond().get("fish"), "carp");
}

TEST_F(Opening, IsSharedWithinAProcess) {
  pond().set("fish", "carp");
  const Store again(options_);
  again.of("pond")->set("bird", "duck");
  EXPECT_EQ(pond().get("bird"), "duck");
  EXPECT_EQ(probed()->get("fish"), "carp");
}

TEST_F(Opening, IsSharedThroughALink) {
  pond().set("fish", "carp");
  fs::create_directory_symlink(options_.path, folder() / "link");
  Options options = options_;
  options.path = folder() / "link";
  EXPECT_EQ(Store(options).of("pond")->get("fish"), "carp");
  EXPECT_EQ(pond().add("visits", 1), 1);
}

TEST_F(Opening, IsNotSharedWithOtherSettings) {
  pond().set("fish", "carp");
  Options options = options_;
  options.size *= 2;
  EXPECT_THAT(error_of([&] { Store store(options); }),
              AllOf(StartsWith(options_.path.native()), HasSubstr("is open in this process")));
  options = options_;
  options.durability = Durability::kMachine;
  EXPECT_THAT(error_of([&] { Store store(options); }), HasSubstr("state.durability"));
  close();
  EXPECT_EQ(Store(options).of("pond")->get("fish"), "carp");
}

TEST_F(Opening, LastsAsLongAsAnyState) {
  const auto state = Store(options_).of("pond");
  state->set("fish", "carp");
  EXPECT_EQ(state->get("fish"), "carp");
  EXPECT_EQ(pond().get("fish"), "carp");
}

TEST_F(Opening, IsNotInheritedByChildProcesses) {
  pond().set("fish", "carp");
  int descriptors = 0;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code none;
    const auto target = fs::read_symlink(entry.path(), none);
    if (!target.native().starts_with(options_.path.native())) continue;
    ++descriptors;
    const int number = std::stoi(entry.path().filename());
    EXPECT_NE(::fcntl(number, F_GETFD) & FD_CLOEXEC, 0) << target;
  }
  EXPECT_GT(descriptors, 0);
}

TEST_F(Opening, RefusesAPathThatIsNotAFolder) {
  std::ofstream(options_.path) << "text";
  EXPECT_EQ(error(), options_.path.native() + ": is not a folder; name another in state.path");
  EXPECT_THAT(error_of([&] { probed(); }), HasSubstr("is not a folder"));
  options_.path /= "below";
  EXPECT_THAT(error(), AllOf(StartsWith(options_.path.native()), HasSubstr("state.path")));
}

TEST_F(Opening, RefusesAFolderThatItMayNotWriteTo) {
  fs::create_directory(options_.path);
  fs::permissions(options_.path, fs::perms(0500));
  fs::permissions(folder(), fs::perms(0755));
  const AsNobody nobody;
  EXPECT_THAT(error(), AllOf(HasSubstr("Permission denied"), HasSubstr("allow the container")));
}

TEST_F(Opening, RefusesAPathWhereNoFolderCanBeMade) {
  options_.path = "/proc/shoal/state";
  EXPECT_THAT(error(), AllOf(StartsWith("/proc/shoal/state: "), HasSubstr("state.path")));
}

TEST_F(Opening, RefusesAFileOfAnotherFormat) {
  write(std::string(100'000, 'x'));
  EXPECT_THAT(error(),
              AllOf(StartsWith(options_.path.native()), HasSubstr("is not a store of Shoal"),
                    HasSubstr("move the folder away")));
  EXPECT_EQ(fs::file_size(file()), 100'000u);
  EXPECT_THAT(error_of([&] { probed(); }), HasSubstr("is not a store of Shoal"));
}

TEST_F(Opening, RefusesAFileOfZeros) {
  write(std::string(100'000, '\0'));
  EXPECT_THAT(error(), HasSubstr("is not a store of Shoal"));
}

TEST_F(Opening, TreatsAnEmptyFileAsANewStore) {
  write("");
  pond().set("fish", "carp");
  EXPECT_EQ(pond().get("fish"), "carp");
}

// Reading behind the end of a mapped file would be SIGBUS.
TEST_F(Opening, RefusesAFileThatWasCut) {
  for (int i = 0; i < 1000; ++i) pond().set(std::to_string(i), std::string(1000, 'v'));
  close();
  fs::resize_file(file(), 100 * 4096);
  EXPECT_THAT(error(), AllOf(HasSubstr("is damaged"), HasSubstr("cut at 409600 of"),
                             HasSubstr("move the folder away")));
  EXPECT_THAT(error_of([&] { probed(); }), HasSubstr("is damaged"));
  fs::resize_file(file(), 100);
  EXPECT_THAT(error(), HasSubstr("move the folder away"));
}

TEST_F(Opening, AcceptsAFileThatWasCutBehindTheLastEntry) {
  pond().set("fish", "carp");
  close();
  fs::resize_file(file(), 1 << 20);
  EXPECT_EQ(pond().get("fish"), "carp");
  for (int i = 0; i < 2000; ++i) pond().set(std::to_string(i), std::string(1000, 'v'));
  EXPECT_EQ(pond().get("1999").value().size(), 1000u);
}

}  // namespace
}  // namespace shoal::state
