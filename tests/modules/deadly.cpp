#include <csignal>
#include <string>

#include "shoal/module.hpp"

namespace {

// Not inlined, so that a report can name it.
[[gnu::noinline]] void swim_into_the_net(volatile int* net) { *net = 1; }

/// Answers `lone VERSION`, and ends its process when asked to: `?die`.
class Deadly final : public shoal::Module {
 public:
  void handle(shoal::Request& request, shoal::Response& response) override {
    if (request.query("die")) swim_into_the_net(nullptr);
    response.text("lone " + std::to_string(VERSION) + "\n");
  }
};

}  // namespace

SHOAL_MODULE(Deadly)
