#include <chrono>
#include <shoal/module.hpp>
#include <thread>

namespace {

/// Waits for 5 ms, as if for a database, and then answers as apps/hello does.
class Sleeps final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    response.text("Hello, world!\n");
  }
};

}  // namespace

SHOAL_MODULE(Sleeps)
