#include "control/line_sinks.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

#include "base/current_request.hpp"

namespace shoal::control {
namespace {

namespace fs = std::filesystem;
using Ids = CleanSink::Ids;
using ::testing::HasSubstr;

class LineSinks : public ::testing::Test {
 protected:
  LineSinks() {
    std::string name = (fs::temp_directory_path() / "sinks.XXXXXX").native();
    folder_ = ::mkdtemp(name.data());
  }
  ~LineSinks() override { fs::remove_all(folder_); }

  fs::path file() const { return folder_ / "a.log"; }

  static std::string contents(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  /// A logger that writes each line as it is, through a CleanSink.
  static spdlog::logger logger_on(spdlog::sink_ptr target, Ids ids = Ids::kNone) {
    spdlog::logger logger("test", std::make_shared<CleanSink>(std::move(target), "log", ids));
    logger.set_pattern("%v");
    return logger;
  }

  fs::path folder_;
};

TEST_F(LineSinks, WriteToTheEndOfAFileThatIsNotForAll) {
  std::ofstream(file()) << "before\n";
  logger_on(std::make_shared<DescriptorSink>(file())).info("after");
  EXPECT_EQ(contents(file()), "before\nafter\n");
  fs::remove(file());
  logger_on(std::make_shared<DescriptorSink>(file())).info("new");
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0007, 0u);
}

TEST_F(LineSinks, SayWhichFileCannotBeOpened) {
  EXPECT_THROW(DescriptorSink(folder_ / "nowhere" / "a.log"), spdlog::spdlog_ex);
}

TEST_F(LineSinks, OpenAFileAgainAndKeepTheOldOneWhenThatFails) {
  const auto target = std::make_shared<DescriptorSink>(file());
  auto logger = logger_on(target);
  logger.info("one");
  fs::rename(file(), folder_ / "old");
  logger.info("two");
  EXPECT_TRUE(target->reopen());
  logger.info("three");
  EXPECT_EQ(contents(folder_ / "old"), "one\ntwo\n");
  EXPECT_EQ(contents(file()), "three\n");

  fs::rename(file(), folder_ / "older");
  fs::create_directory(file());
  EXPECT_THROW(target->reopen(), spdlog::spdlog_ex);
  logger.info("four");
  EXPECT_EQ(contents(folder_ / "older"), "three\nfour\n");
  EXPECT_FALSE(DescriptorSink().reopen()) << "standard error has no name";
}

TEST_F(LineSinks, DoNotMixLongLinesOfSeveralProcesses) {
  auto logger = logger_on(std::make_shared<DescriptorSink>(file()));
  std::vector<pid_t> children;
  for (char letter = 'a'; letter < 'e'; ++letter) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    for (int i = 0; i < 50; ++i) logger.info(std::string(20'000, letter));
    ::_exit(0);
  }
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  std::ifstream stream(file());
  int lines = 0;
  for (std::string line; std::getline(stream, line); ++lines) {
    ASSERT_EQ(line, std::string(20'000, line[0]));
  }
  EXPECT_EQ(lines, 200);
}

TEST_F(LineSinks, CleanWhateverIsLogged) {
  std::ostringstream text;
  auto logger = logger_on(std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  logger.info("a\n2030-01-01 error: forged\r\x1b[2J\xff");
  EXPECT_EQ(text.str(), "a\\x0a2030-01-01 error: forged\\x0d\\x1b[2J\\xff\n");
}

TEST_F(LineSinks, CutALineThatIsTooLong) {
  std::ostringstream text;
  auto logger = logger_on(std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  logger.info(std::string((256 << 10) + 7, 'a'));
  EXPECT_EQ(text.str(), std::string(256 << 10, 'a') + "... (7 more bytes)\n");
}

TEST_F(LineSinks, CutALineBetweenTwoCharactersAndCountWhatTheyBecome) {
  std::ostringstream text;
  const auto target = std::make_shared<spdlog::sinks::ostream_sink_mt>(text);
  CleanSink cut(target, "test", Ids::kNone, 8);
  cut.set_pattern("%v");
  const auto line_of = [&](const std::string& payload) {
    text.str("");
    cut.log({"test", spdlog::level::info, payload});
    return text.str();
  };
  EXPECT_EQ(line_of("12345678"), "12345678\n");
  EXPECT_EQ(line_of("123456789"), "12345678... (1 more bytes)\n");
  EXPECT_EQ(line_of("1234567\u00fc"), "1234567... (2 more bytes)\n") << "no half of a character";
  EXPECT_EQ(line_of("123456\u00fc!"), "123456\u00fc... (1 more bytes)\n");
  EXPECT_EQ(line_of("\n\n\n"), "\\x0a\\x0a... (1 more bytes)\n");
  EXPECT_EQ(line_of("1234567\xc3"), "1234567... (1 more bytes)\n") << "not UTF-8";
}

TEST_F(LineSinks, BeginWithTheIdOfTheRequestIfAskedTo) {
  std::ostringstream text;
  const auto target = std::make_shared<spdlog::sinks::ostream_sink_mt>(text);
  auto with = logger_on(target, Ids::kShown);
  auto without = logger_on(target, Ids::kNone);
  with.info("before");
  const base::CurrentRequest current("4f2a");
  with.info("of it");
  without.info("of it, too");
  EXPECT_EQ(text.str(), "before\n[4f2a] of it\nof it, too\n");
}

class AFullDisk : public LineSinks {
 protected:
  AFullDisk() : saved_(::dup(STDERR_FILENO)) {
    const base::Descriptor said(
        ::open((folder_ / "said").c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600));
    ::dup2(said.get(), STDERR_FILENO);
  }
  ~AFullDisk() override { show_standard_error(); }

  void show_standard_error() { ::dup2(saved_.get(), STDERR_FILENO); }
  std::string said() const { return contents(folder_ / "said"); }

  const base::Descriptor saved_;
};

TEST_F(AFullDisk, IsToldOnceAndCostsNothingButLines) {
  fs::create_symlink("/dev/full", file());
  const auto target = std::make_shared<DescriptorSink>(file());
  auto logger = logger_on(target);
  for (int i = 0; i < 3; ++i) logger.info("lost");
  EXPECT_EQ(said(),
            "shoal: log: No space left on device; lines are lost until it can be written\n");

  fs::remove(file());
  target->reopen();
  logger.info("kept");
  logger.info("kept, too");
  show_standard_error();
  EXPECT_EQ(contents(file()), "kept\nkept, too\n");
  EXPECT_THAT(said(), HasSubstr("shoal: log: writes again; 3 lines were lost\n"));
}

TEST_F(AFullDisk, ThatTakesHalfALineDoesNotSpoilTheNext) {
  std::signal(SIGXFSZ, SIG_IGN);
  auto logger = logger_on(std::make_shared<DescriptorSink>(file()));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{8, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  logger.info("longer than that");
  ::setrlimit(RLIMIT_FSIZE, &before);
  logger.info("whole");
  show_standard_error();
  EXPECT_EQ(contents(file()), "longer t\nwhole\n");
}

}  // namespace
}  // namespace shoal::control
