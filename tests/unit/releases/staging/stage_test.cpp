#include "releases/staging/stage.hpp"

#include <sys/resource.h>

#include <csignal>
#include <optional>
#include <set>
#include <vector>

#include "releases/linking/load_error.hpp"
#include "unit/releases/apps/apps_folder.hpp"
#include "unit/releases/built.hpp"

namespace shoal::releases {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Staging : public AppsFolder {
 protected:
  Staging() {
    write("apps/a.so", std::string(300'000, 'a'));
    write("apps/site/b.so", "");
    files_ = {{"a", file_at(apps() / "a.so")}, {"site.b", file_at(apps() / "site/b.so")}};
  }

  Stages& stages() {
    if (!stages_) stages_.emplace(run());
    return *stages_;
  }

  /// Why the files cannot be staged; empty when they can.
  std::string refusal() {
    try {
      const Stage stage(stages(), "site", 1, files_);
    } catch (const LoadError& error) {
      return error.what();
    }
    return {};
  }

  std::size_t stages_left() const { return Stages(run()).stages().size(); }

  Files files_;
  std::optional<Stages> stages_;
};

TEST_F(Staging, CopiesEachFileUnderItsFullName) {
  const Stage stage(stages(), "site", 1, files_);
  EXPECT_EQ(stage.file("site.b"), stage.folder() / "site.b.so");
  EXPECT_EQ(read(stage.file("a")), read(apps() / "a.so"));
  EXPECT_EQ(read(stage.file("site.b")), "");
  EXPECT_NE(identity_of(stage.file("a"))->inode, files_.at("a").identity.inode);
}

TEST_F(Staging, StaysAsItIsWhenTheOriginalIsOverwritten) {
  const Stage stage(stages(), "site", 1, files_);
  write("apps/a.so", "changed");
  EXPECT_EQ(read(stage.file("a")), std::string(300'000, 'a'));
}

TEST_F(Staging, NeverGivesAFolderTwiceAndRemovesEach) {
  std::set<std::filesystem::path> given;
  for (int i = 0; i < 20; ++i) {
    const Stage stage(stages(), "site", 1, files_);
    EXPECT_TRUE(given.insert(stage.folder()).second);
    EXPECT_EQ(stages_left(), 1u);
  }
  for (const auto& folder : given) EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(Staging, SaysThatAFileChangedSinceItWasScanned) {
  for (const char* command : {"rm -r apps/site; touch apps/site", "echo b > apps/a.so",
                              "touch apps/a.so", "rm apps/a.so", "rm -r apps"}) {
    sh(command);
    EXPECT_THROW(Stage(stages(), "site", 1, files_), FilesChanged) << command;
    EXPECT_EQ(stages_left(), 0u) << command;
  }
}

TEST_F(Staging, RefusesWhatHasTakenThePlaceOfAFile) {
  const std::string a = (apps() / "a.so").native();
  sh("rm apps/a.so; mkfifo apps/a.so");
  EXPECT_THAT(
      refusal(),
      StartsWith(a + ": not a regular file; put a shared object in its place, or remove it"));
  sh("rm apps/a.so; mkdir apps/a.so");
  EXPECT_THAT(
      refusal(),
      StartsWith(a + ": not a regular file; put a shared object in its place, or remove it"));
  sh("rmdir apps/a.so; ln -s nowhere apps/a.so");
  EXPECT_THAT(
      refusal(),
      StartsWith(
          a + ": a symbolic link to a file that does not exist; correct the link, or remove it"));
  EXPECT_EQ(stages_left(), 0u);
}

TEST_F(Staging, SaysWhichFileCannotBeRead) {
  sh("chmod 000 apps/a.so; [ $(id -u) != 0 ] || chown 65534 run");
  files_["a"] = file_at(apps() / "a.so");
  const AsNobody nobody;
  EXPECT_EQ(refusal(), (apps() / "a.so").native() +
                           ": cannot be read (Permission denied); check that the user running "
                           "shoal may read it");
  EXPECT_EQ(stages_left(), 0u);
  stages_.reset();
}

TEST_F(Staging, RefusesAFileThatIsTooLargeAndAGroupOfTooManyModules) {
  sh("truncate -s 1073741825 apps/a.so");
  files_["a"] = file_at(apps() / "a.so");
  EXPECT_THAT(refusal(), StartsWith((apps() / "a.so").native() +
                                    ": has 1073741825 bytes, and a module may have 1 GiB; "));
  for (int i = 0; i < 1'000; ++i) files_["m" + std::to_string(i)] = files_["a"];
  EXPECT_THAT(refusal(),
              StartsWith("group site: has 1002 modules, and a group may have 1000; check whether a "
                         "link in the apps folder leads to more than you meant"));
  EXPECT_EQ(stages_left(), 0u);
}

TEST_F(Staging, SaysThatThereIsNoRoom) {
  stages();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit little = before;
  little.rlim_cur = 100'000;
  const auto handled = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
  const std::string why = refusal();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handled);
  EXPECT_THAT(why, StartsWith((apps() / "a.so").native() + ": cannot be staged below "));
  EXPECT_THAT(why,
              HasSubstr("(File too large); check that the user running shoal may write to the run "
                        "folder"));
  EXPECT_EQ(stages_left(), 0u);
  EXPECT_EQ(refusal(), "");
}

TEST_F(Staging, SaysThatTheRunFolderIsNone) {
  write("file", "");
  try {
    const Stages stages(folder() / "file");
    FAIL() << "staged below a file";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), StartsWith("run: " + (folder() / "file/stages").native() +
                                         ": cannot be written (Not a directory); create it"));
  }
}

TEST_F(Staging, SaysThatTheRunFolderMayNotBeWritten) {
  sh("chmod 555 run; [ $(id -u) != 0 ] || chown 65534 run");
  std::string why;
  {
    const AsNobody nobody;
    try {
      stages();
    } catch (const std::runtime_error& error) {
      why = error.what();
    }
  }
  EXPECT_THAT(why, HasSubstr(": cannot be written (Permission denied); create it for the contain"));
}

TEST_F(Staging, TellsByTheNameOfItsFolderWhoseItIs) {
  const Stage stage(stages(), "site.menu-2", 12, files_);
  EXPECT_EQ(label_of_stage(stage.file("a")), "site.menu-2/12");
  for (const auto* const other :
       {"", "a.so", "/a.so", "/site/a.so", "/site.1/a.so", "/site.1./a.so", "/site.x.1/a.so",
        "/12.1/a.so", "/site..1/a.so"}) {
    EXPECT_EQ(label_of_stage(other), "") << other;
  }
}

}  // namespace
}  // namespace shoal::releases
