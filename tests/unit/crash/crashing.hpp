#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "crash/read_report.hpp"
#include "unit/fastcgi/scratch_folder.hpp"

extern char** environ;  // NOLINT: POSIX names it so

namespace shoal::crash {

inline std::string contents(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// Runs `crasher` in a folder of its own, with copies of the modules in stages/1.
class Crashing : public ::testing::Test {
 protected:
  Crashing() {
    std::filesystem::create_directories(stage());
    for (const auto* const name : {"fish", "hasty"}) {
      std::filesystem::copy_file(std::filesystem::path(CRASH_MODULES) / (std::string(name) + ".so"),
                                 stage() / ("pond." + std::string(name) + ".so"));
    }
  }

  std::filesystem::path stage() const { return folder_ / "stages/1"; }
  std::filesystem::path crashes() const { return folder_ / "crashes"; }

  void start(std::vector<std::string> words) {
    words.insert(words.begin(), CRASHER);
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addchdir_np(&actions, (folder_ / "").c_str());
    for (const int output : {STDOUT_FILENO, STDERR_FILENO}) {
      ::posix_spawn_file_actions_addopen(&actions, output, "output", O_WRONLY | O_CREAT | O_APPEND,
                                         0600);
    }
    const int error = ::posix_spawn(&pid_, CRASHER, &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ASSERT_EQ(error, 0);
  }

  void wait() { ASSERT_EQ(::waitpid(pid_, &status_, 0), pid_); }

  /// Makes the module pond.fish crash and waits for the end of the process.
  void crash(const std::string& how, std::vector<std::string> with = {}) {
    with.insert(with.begin(), {"1/pond.fish.so", how});
    start(with);
    wait();
  }

  /// Returns the signal that ended the process; 0 when it has exited.
  int died_by() const { return WIFSIGNALED(status_) ? WTERMSIG(status_) : 0; }
  int exit_code() const { return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1; }

  std::string output() const { return contents(folder_ / "output"); }

  Report report() {
    const auto report = read_report(crashes(), pid_);
    if (report) return *report;
    ADD_FAILURE() << "no report; output of the process: " << output();
    return {};
  }

  pid_t pid_ = -1;

 private:
  int status_ = 0;
  test::ScratchFolder folder_;
};

/// Returns the lines as one text, for matchers.
inline std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

}  // namespace shoal::crash
