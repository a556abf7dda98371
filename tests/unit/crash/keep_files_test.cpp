#include "crash/keep_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "unit/fastcgi/scratch_folder.hpp"

namespace shoal::crash {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

/// Crashes of generations with stages in `stages/` and reports in `crashes/`.
class KeepingFiles : public ::testing::Test {
 protected:
  KeepingFiles() {
    fs::create_directory(crashes());
    fs::create_directory(stages());
  }

  fs::path crashes() const { return folder_ / "crashes"; }
  fs::path stages() const { return folder_ / "stages"; }

  fs::path stage(const std::string& name, std::size_t size = 1) const {
    const fs::path stage = stages() / name;
    fs::create_directories(stage);
    std::ofstream(stage / "lone.so") << std::string(size, 'x');
    return stage;
  }

  /// Returns the report `name` of a process that crashed in this code, after keep_files.
  Report crash(const std::string& name, const fs::path& code,
               std::uintmax_t most = kMostKeptBytes) const {
    Report report;
    report.kept = crashes() / (name + ".txt");
    report.code = code;
    std::ofstream(report.kept) << "end\n";
    keep_files(report, crashes(), stages(), most);
    return report;
  }

  static std::string contents(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }

  test::ScratchFolder folder_;
};

TEST_F(KeepingFiles, LinksTheFilesOfTheStageBesideTheReport) {
  const auto stage = this->stage("lone.2.1");
  const auto other = this->stage("site.1.2");
  const auto report = crash("20260101T000000Z-7", stage / "lone.so");
  const fs::path kept = crashes() / "20260101T000000Z-7.files";
  EXPECT_EQ(contents(kept / "lone.so"), "x");
  EXPECT_EQ(contents(stage / "lone.so"), "x") << "other workers use it";
  EXPECT_TRUE(fs::exists(other));
  fs::remove_all(stage);
  EXPECT_EQ(contents(kept / "lone.so"), "x");
  EXPECT_THAT(contents(report.kept),
              HasSubstr("gdb -iex 'set solib-search-path " + kept.native() + "' "));
}

TEST_F(KeepingFiles, RemovesFilesWhoseReportIsGone) {
  const auto first = crash("1", stage("lone.2.1") / "lone.so");
  fs::remove(first.kept);
  crash("2", stage("lone.2.2") / "lone.so");
  EXPECT_FALSE(fs::exists(crashes() / "1.files"));
  EXPECT_TRUE(fs::exists(crashes() / "2.files"));
}

TEST_F(KeepingFiles, RemovesTheOldestBeyondTheBound) {
  for (const char* name : {"1", "2", "3"}) {
    crash(name, stage("lone.2." + std::string(name), 100) / "lone.so", 250);
  }
  EXPECT_FALSE(fs::exists(crashes() / "1.files"));
  EXPECT_TRUE(fs::exists(crashes() / "2.files"));
  EXPECT_TRUE(fs::exists(crashes() / "3.files"));
  EXPECT_TRUE(fs::exists(crashes() / "1.txt"));

  const auto large = crash("4", stage("lone.2.4", 300) / "lone.so", 250);
  EXPECT_FALSE(fs::exists(crashes() / "4.files"));
  EXPECT_THAT(contents(large.kept), Not(HasSubstr("gdb")));
}

TEST_F(KeepingFiles, KeepsOnlyStages) {
  const auto stage = this->stage("lone.2.1");
  fs::create_directory(folder_ / "elsewhere");
  fs::create_directory_symlink(folder_ / "elsewhere", stages() / "link");
  for (const fs::path& code :
       {fs::path(), fs::path("lone.so"), folder_ / "elsewhere" / "lone.so", folder_ / "lone.so",
        stages() / "lone.so", stages() / "link" / "lone.so",
        stages() / "lone.2.1" / ".." / ".." / "elsewhere" / "lone.so", stage / "deeper" / "lone.so",
        stages() / "gone" / "lone.so"}) {
    const auto report = crash("1", code);
    EXPECT_FALSE(fs::exists(crashes() / "1.files")) << code;
    EXPECT_THAT(contents(report.kept), Not(HasSubstr("gdb"))) << code;
  }
  EXPECT_TRUE(fs::exists(stage / "lone.so"));
  EXPECT_TRUE(fs::exists(folder_ / "elsewhere"));
}

}  // namespace
}  // namespace shoal::crash
