#include <cstdlib>
#include <string>
#include <thread>

#include "shoal/module.hpp"

namespace {

// Not inlined, so that a crash report names it. Without sanitizers, so that the kernel sends
// SIGSEGV.
[[gnu::noinline]] __attribute__((no_sanitize("address", "thread", "undefined"))) void
swim_into_the_net(volatile int* net) {
  *net = 1;  // dies
}

/// Answers `lone VERSION`. Crashes for `?die`, crashes in another thread for `?thread`, and ends
/// its process for `?exit`.
class Deadly final : public shoal::Module {
 public:
  void handle(shoal::Request& request, shoal::Response& response) override {
    if (request.query("die")) swim_into_the_net(nullptr);
    if (request.query("exit")) std::exit(0);
    if (request.query("thread")) std::thread([] { swim_into_the_net(nullptr); }).join();
    response.text("lone " + std::to_string(VERSION) + "\n");
  }
};

}  // namespace

SHOAL_MODULE(Deadly)
