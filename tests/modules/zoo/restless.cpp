#include <pthread.h>
#include <sys/stat.h>

#include <chrono>
#include <string>
#include <thread>

#include "shoal/module.hpp"

namespace {

bool exists(const std::string& file) {
  struct stat status;
  return ::stat(file.c_str(), &status) == 0;
}

void pass_time() {
  if constexpr (SPINS) {
    for (volatile int i = 0; i < 10'000'000;) i = i + 1;
  } else {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

/// Starts a thread that outlives it: the thread runs as long as the file of the setting `while`
/// exists.
class Restless final : public shoal::Module {
 public:
  explicit Restless(shoal::Context& context) {
    const auto file = context.config().get<std::string>("while");
    std::thread thread([file] {
      ::pthread_setname_np(::pthread_self(), "beast");
      while (exists(file)) pass_time();
    });
    thread.detach();
  }

  void handle(shoal::Request&, shoal::Response& response) override { response.text("restless\n"); }
};

}  // namespace

SHOAL_MODULE(Restless)
