#include <atomic>
#include <chrono>
#include <thread>

#include "shoal/module.hpp"

namespace {

[[noreturn, gnu::noinline]] void hang() {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

/// Answers `lone 2`. Hangs only outside the probe: in its destructor after it has answered a
/// request, or in its constructor.
class Lone final : public shoal::Module {
 public:
  explicit Lone(shoal::Context& context) {
    if (!AT_END && !context.probing()) hang();
  }
  ~Lone() override {
    if (AT_END && has_answered_) hang();
  }

  void handle(shoal::Request&, shoal::Response& response) override {
    has_answered_ = true;
    response.text("lone 2\n");
  }

 private:
  std::atomic<bool> has_answered_{false};
};

}  // namespace

SHOAL_MODULE(Lone)
