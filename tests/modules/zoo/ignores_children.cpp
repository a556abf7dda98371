#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "shoal/module.hpp"

namespace {

/// Prevents the container from getting the exit statuses of its children: it ignores SIGCHLD, or
/// reaps all children in a thread.
class IgnoresChildren final : public shoal::Module {
 public:
  explicit IgnoresChildren(shoal::Context& context) {
    if (context.probing()) return;
    if (!REAPS) {
      std::signal(SIGCHLD, SIG_IGN);
      return;
    }
    reaper_ = std::thread([this] {
      while (!end_) {
        while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
  }
  ~IgnoresChildren() override {
    end_ = true;
    if (reaper_.joinable()) reaper_.join();
  }
  void handle(shoal::Request&, shoal::Response& response) override { response.text("childless\n"); }

 private:
  std::atomic<bool> end_{false};
  std::thread reaper_;
};

}  // namespace

SHOAL_MODULE(IgnoresChildren)
