#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>

#include "base/descriptor.hpp"

namespace shoal::commands {

/// A thread that takes one question on run/control.sock and sends the given bytes as the answer.
class FakeContainer {
 public:
  /// What it does after the bytes.
  enum class Then { kClose, kStaySilent };

  FakeContainer(const std::filesystem::path& run, std::string answer, Then then = Then::kClose)
      : answer_(std::move(answer)), then_(then) {
    socket_ = base::Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, (run / "control.sock").c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    EXPECT_EQ(::listen(socket_.get(), 1), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeContainer() {
    ::shutdown(socket_.get(), SHUT_RDWR);  // a test that asks nothing ends, too
    thread_.join();
  }
  FakeContainer(const FakeContainer&) = delete;
  FakeContainer& operator=(const FakeContainer&) = delete;

  /// Returns the question. Waits for the end of the connection.
  nlohmann::json question() {
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([] {});
    return nlohmann::json::parse(question_, nullptr, /*allow_exceptions=*/false);
  }

  void wait_for_question() { asked_.get_future().wait(); }

 private:
  void serve() {
    const base::Descriptor connection(::accept(socket_.get(), nullptr, nullptr));
    if (!connection) return;
    char byte = 0;
    while (::read(connection.get(), &byte, 1) == 1 && byte != '\n') question_ += byte;
    asked_.set_value();
    // Fails when the command has gone, as it may.
    [[maybe_unused]] const auto sent =
        ::send(connection.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
    while (then_ == Then::kStaySilent && ::read(connection.get(), &byte, 1) == 1) {
    }
  }

  const std::string answer_;
  const Then then_;
  base::Descriptor socket_;
  std::string question_;
  std::promise<void> asked_;
  std::thread thread_;
};

/// A command's exit code and what it printed.
struct Printed {
  int exit_code = 0;
  std::string out;
  std::string err;
};

/// A folder with a configuration, an apps folder and a run folder.
class CommandTest : public ::testing::Test {
 protected:
  CommandTest() {
    std::string path = (std::filesystem::temp_directory_path() / "commands-XXXXXX").native();
    here_ = ::mkdtemp(path.data());
    std::filesystem::create_directory(apps());
    std::filesystem::create_directory(run());
    std::ofstream(config()) << "apps: apps\nrun: run\n";
  }
  ~CommandTest() override { std::filesystem::remove_all(here_); }

  std::filesystem::path apps() const { return here_ / "apps"; }
  std::filesystem::path run() const { return here_ / "run"; }
  std::string config() const { return here_ / "shoal.yaml"; }

  void container_answers(const std::string& bytes,
                         FakeContainer::Then then = FakeContainer::Then::kClose) {
    container_.emplace(run(), bytes, then);
  }

  template <typename Command>
  static Printed printed(const Command& command) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    Printed printed;
    printed.exit_code = command();
    printed.out = ::testing::internal::GetCapturedStdout();
    printed.err = ::testing::internal::GetCapturedStderr();
    return printed;
  }

  std::filesystem::path here_;
  std::optional<FakeContainer> container_;
};

}  // namespace shoal::commands
