#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>

#include "unit/as_nobody.hpp"

namespace shoal::releases {

/// Waits for what another thread is about to do; false when it does not come to pass.
inline bool eventually(const std::function<bool()>& happens) {
  for (int i = 0; i < 30'000; ++i) {
    if (happens()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

/// A folder of the test's own with an apps folder in it, and verbs for what people do to files.
class AppsFolder : public testing::Test {
 protected:
  AppsFolder() {
    std::string pattern = testing::TempDir() + "shoal-modules-XXXXXX";
    folder_ = std::filesystem::canonical(::mkdtemp(pattern.data()));
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));  // see AsNobody
    std::filesystem::create_directory(apps());
    std::filesystem::create_directory(run());
  }
  ~AppsFolder() override { std::filesystem::remove_all(folder_); }

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path apps() const { return folder_ / "apps"; }
  std::filesystem::path run() const { return folder_ / "run"; }

  /// Writes `text` to `file`, below the test's folder, over what it held: the same inode.
  void write(const std::filesystem::path& file, const std::string& text) const {
    const std::filesystem::path path = folder_ / file;
    std::filesystem::create_directories(path.parent_path());
    let_the_clock_tick();
    std::ofstream(path, std::ios::binary) << text;
  }

  std::string read(const std::filesystem::path& file) const {
    std::ifstream stream(folder_ / file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  /// Has a shell do it, in the test's folder.
  void sh(const std::string& command) const {
    let_the_clock_tick();
    const std::string line = "cd '" + folder_.native() + "' && { " + command + "; }";
    ASSERT_EQ(std::system(line.c_str()), 0) << command;
  }

  /// Older kernels stamp files with a clock that ticks every few milliseconds. Two writes within
  /// one tick differ in their size alone: two drops so close together cannot be told apart.
  void let_the_clock_tick() const {
    const auto now = [this] {
      const std::filesystem::path probe = folder_ / "clock";
      std::ofstream(probe) << "tick";
      struct stat status {};
      ::stat(probe.c_str(), &status);
      std::filesystem::remove(probe);
      return std::pair(status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
    };
    const auto before = now();
    while (now() <= before) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace shoal::releases
