#pragma once

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <string>
#include <utility>

namespace shoal::releases {

/// A process that runs a function and exits with what it returns. Killed when this object is
/// destroyed, and when the test's process ends.
class Child {
 public:
  explicit Child(const std::function<int()>& function) : id_(::fork()) {
    if (id_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::_exit(function());
  }
  Child(Child&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Child& operator=(Child&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Child() { kill(); }

  /// Ends the process by SIGKILL and waits until it is gone.
  void kill() {
    if (id_ <= 0) return;
    ::kill(id_, SIGKILL);
    wait();
  }

  /// Waits until the process has ended. Returns its exit code, or -1 if a signal ended it.
  int wait() {
    int status = 0;
    EXPECT_EQ(::waitpid(std::exchange(id_, -1), &status, 0) > 0, true);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  /// Returns true if the process waits in the kernel.
  bool is_asleep() const {
    std::ifstream file("/proc/" + std::to_string(id_) + "/stat");
    std::string stat;
    std::getline(file, stat);
    const auto end_of_name = stat.rfind(')');
    return end_of_name != std::string::npos && stat.compare(end_of_name, 3, ") S") == 0;
  }

 private:
  pid_t id_;
};

}  // namespace shoal::releases
