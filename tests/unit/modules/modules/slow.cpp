// In the place of `lone`: its constructor ends when the test removes the latch, a file.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <shoal/module.hpp>
#include <stdexcept>
#include <thread>

namespace {

class Slow final : public shoal::Module {
 public:
  explicit Slow(shoal::Context& context) {
    const auto folder = context.config().get<std::string>("latches");
    const std::string number = std::to_string(VERSION);
    std::ofstream(folder + "/waiting." + number);
    for (int i = 0; std::filesystem::exists(folder + "/latch." + number); ++i) {
      if (i == 60'000) throw std::runtime_error("nobody lifts the latch");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  void handle(shoal::Request&, shoal::Response& response) override {
    response.text("slow " + std::to_string(VERSION));
  }
};

}  // namespace

SHOAL_MODULE(Slow)
