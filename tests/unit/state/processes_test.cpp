#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "base/descriptor.hpp"
#include "state_of_a_group.hpp"

extern char** environ;  // NOLINT: POSIX names it so

namespace shoal::state {
namespace {

using base::Descriptor;

/// A process that runs state_writer. The destructor kills it.
class Writer {
 public:
  explicit Writer(std::vector<std::string> arguments) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    output_ = Descriptor(pipe[0]);
    const Descriptor input(pipe[1]);
    arguments.insert(arguments.begin(), STATE_WRITER);
    std::vector<char*> words;
    for (auto& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO);
    const int error = ::posix_spawn(&pid_, STATE_WRITER, &actions, nullptr, words.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("posix_spawn");
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    if (pid_ > 0) kill();
  }

  /// Returns the first bytes that it writes; an empty text if it ends without writing.
  std::string first_output() {
    std::array<char, 64> words{};
    const ssize_t size = ::read(output_.get(), words.data(), words.size());
    return {words.data(), static_cast<std::size_t>(size > 0 ? size : 0)};
  }

  void kill() {
    ::kill(pid_, SIGKILL);
    wait();
  }

  /// Waits for its end. Returns its exit code; -1 if a signal ended it.
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
  Descriptor output_;
};

class Processes : public StateOfAGroup {
 protected:
  const std::string& path() const { return options_.path.native(); }
};

TEST_F(Processes, LoseNothingWhenTheyWriteAtOnce) {
  constexpr int kTimes = 500;
  const std::string times = std::to_string(kTimes);
  Writer one({"add", path(), times});
  Writer two({"add", path(), times});
  for (int i = 0; i < kTimes; ++i) pond().add("visits", 1);
  EXPECT_EQ(one.wait(), 0);
  EXPECT_EQ(two.wait(), 0);
  EXPECT_EQ(pond().get("visits"), std::to_string(3 * kTimes));
}

TEST_F(Processes, MayAllBeTheFirstToOpenAStore) {
  for (int round = 0; round < 10; ++round) {
    const std::string fresh = folder() / std::to_string(round);
    std::vector<std::unique_ptr<Writer>> writers;
    while (writers.size() < 4) {
      writers.push_back(std::make_unique<Writer>(std::vector<std::string>{"add", fresh, "1"}));
    }
    for (auto& writer : writers) EXPECT_EQ(writer->wait(), 0) << "round " << round;
  }
}

TEST_F(Processes, SeeWhatOthersHaveWritten) {
  pond().set("visits", "41");
  EXPECT_EQ(Writer({"add", path(), "1"}).wait(), 0);
  EXPECT_EQ(pond().get("visits"), "42");
}

TEST_F(Processes, ContinueWhenAWriterIsKilledDuringAnUpdate) {
  pond().set("fish", "carp");
  Writer writer({"hang", path()});
  ASSERT_EQ(writer.first_output(), "updating\n");
  EXPECT_EQ(pond().get("fish"), "pike");  // what it had committed: readers do not wait for a writer
  writer.kill();
  EXPECT_EQ(pond().get("fish"), "pike");
  pond().set("fish", "perch");
  EXPECT_EQ(pond().get("fish"), "perch");
  EXPECT_EQ(pond().add("visits", 1), 1);
}

TEST_F(Processes, FindAllEntriesAfterTheOnlyWriterWasKilled) {
  {
    Writer writer({"hang", path()});
    ASSERT_EQ(writer.first_output(), "updating\n");
    writer.kill();
  }
  EXPECT_EQ(probed()->get("fish"), "pike");
  EXPECT_EQ(pond().get("fish"), "pike");
  EXPECT_EQ(Writer({"add", path(), "2"}).wait(), 0);
  EXPECT_EQ(pond().get("visits"), "2");
}

TEST_F(Processes, LoseNothingWhenWritersAreKilledAgainAndAgain) {
  std::int64_t before = 0;
  for (int round = 0; round < 10; ++round) {
    Writer writer({"add", path(), "1000000"});
    while (std::stoll(pond().get("visits").value_or("0")) < before + 20) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    writer.kill();  // at any point of a write
    const auto read = std::stoll(pond().get("visits").value());
    EXPECT_GE(read, before + 20);
    before = pond().add("visits", 0);
    // The call that was running when it was killed may have been committed, or not.
    EXPECT_GE(before, read);
    EXPECT_LE(before, read + 1);
  }
}

}  // namespace
}  // namespace shoal::state
