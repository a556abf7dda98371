#include <charconv>
#include <chrono>
#include <optional>
#include <shoal/module.hpp>
#include <string>
#include <string_view>
#include <thread>

namespace {

constexpr int kMostTicks = 600;

std::optional<int> ticks(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value >= 1 && value <= kMostTicks ? std::optional(value) : std::nullopt;
}

class Ticker final : public shoal::Module {
 public:
  explicit Ticker(shoal::Context& context)
      : context_(context),
        interval_(context.config().get("interval", std::chrono::milliseconds(100))) {}

  void handle(shoal::Request& request, shoal::Response& response) override {
    const auto count = ticks(request.query("count").value_or("10"));
    if (!count) return response.error(400, "count is a number from 1 to 600.");

    response.header("X-Accel-Buffering", "no");  // nginx passes each line on at once
    response.header("Content-Type", "text/plain; charset=utf-8");
    for (int tick = 1; tick <= *count; ++tick) {
      if (tick > 1) std::this_thread::sleep_for(interval_);
      if (request.client_gone() || !response.write("tick " + std::to_string(tick) + "\n") ||
          !response.flush()) {
        context_.log(shoal::LogLevel::kInfo, "the visitor left at tick " + std::to_string(tick));
        return;
      }
    }
  }

 private:
  const shoal::Context& context_;
  const std::chrono::milliseconds interval_;
};

}  // namespace

SHOAL_MODULE(Ticker)
