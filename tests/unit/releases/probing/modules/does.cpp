// In the place of `lone`: does what its settings say.
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <shoal/module.hpp>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

constexpr const char* kThereIsOne = "SHOAL_TEST_THERE_IS_ONE";

/// A thread that never ends, in code of this module.
void run_for_ever() {
  for (;;) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

class Does final : public shoal::Module {
 public:
  explicit Does(shoal::Context& context)
      : deed_(context.config().get<std::string>("deed")),
        file_(context.config().get<std::string>("file", "")),
        number_(context.config().get<std::string>("number", "")) {
    if (!number_.empty() && number_ != std::to_string(context.generation())) deed_.clear();
    note();
    if (deed_ == "hang") run_for_ever();
    if (deed_ == "take 3 s") std::this_thread::sleep_for(std::chrono::seconds(3));
    if (deed_ == "abort") std::abort();
    if (deed_ == "throw") throw std::runtime_error("no database");
    if (deed_ == "be the only one") {
      if (std::getenv(kThereIsOne) != nullptr) throw std::runtime_error("there is another one");
      ::setenv(kThereIsOne, "1", 0);
    }
    if (deed_ == "be killed") std::raise(SIGKILL);
    if (deed_ == "be killed once" && lines() == 1) std::raise(SIGKILL);
    if (deed_ == "leave a thread") std::thread(run_for_ever).detach();
    if (deed_ == "leave a process") leave_a_process();
    if (deed_ == "leave a writer") leave_a_writer();
    if (deed_ == "tell its parent") note(std::to_string(::getppid()));
    if (deed_ == "kill its parent") end_with_parent();
    if (deed_ == "kill its parent once" && lines() == 1) end_with_parent();
    if (deed_ == "stop its parent") ::kill(::getppid(), SIGSTOP);
    if (deed_ == "be debugged for 6 s") {
      ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      std::this_thread::sleep_for(std::chrono::seconds(6));
    }
  }
  ~Does() override {
    if (deed_ == "be the only one") ::unsetenv(kThereIsOne);
    if (deed_ == "abort at the end") std::abort();
  }

  void handle(shoal::Request&, shoal::Response&) override {}

 private:
  void note(const std::string& line = "made") const {
    if (!file_.empty()) std::ofstream(file_, std::ios::app) << line << "\n";
  }

  static void end_with_parent() {
    ::kill(::getppid(), SIGKILL);
    run_for_ever();
  }

  /// Notes its number.
  void leave_a_process() const {
    const pid_t id = ::fork();
    if (id == 0) run_for_ever();
    note(std::to_string(id));
  }

  /// Leaves a process that nothing ends. It waits for the file "go" beside its own, and notes
  /// whether it can write a report, or speak to the process of the probe, with what it has open.
  void leave_a_writer() const {
    const pid_t id = ::fork();
    if (id != 0) return wait_for_session(id);
    ::setsid();
    std::signal(SIGPIPE, SIG_IGN);
    const std::filesystem::path folder = std::filesystem::path(file_).parent_path();
    while (!std::filesystem::exists(folder / "go")) {
      if (!std::filesystem::exists(folder)) ::_exit(0);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    unsigned pipes = 0, sockets = 0;
    for (int file = 0; file < 100; ++file) {
      static constexpr char kForged[] = "\n{\"error\":\"forged\"}\n";
      if (::lseek(file, 0, SEEK_CUR) >= 0 || errno != ESPIPE) continue;
      if (::write(file, kForged, std::strlen(kForged)) > 0) ++pipes;
      if (::send(file, "", 1, MSG_NOSIGNAL) > 0) ++sockets;
    }
    note(std::to_string(pipes) + " pipes, " + std::to_string(sockets) + " sockets");
    ::_exit(0);
  }

  /// Until then the process would be ended with this one.
  static void wait_for_session(pid_t id) {
    while (::getsid(id) != id) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  std::size_t lines() const {
    std::ifstream stream(file_);
    std::size_t count = 0;
    for (std::string line; std::getline(stream, line);) ++count;
    return count;
  }

  std::string deed_;
  const std::string file_, number_;
};

}  // namespace

SHOAL_MODULE(Does)
