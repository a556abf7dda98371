#include <array>
#include <ctime>
#include <shoal/module.hpp>

namespace {

class Clock final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%H:%M:%S UTC", &utc);
    response.write("<p>It is " + std::string(text.data(), size) + ".</p>\n");
  }
};

}  // namespace

SHOAL_MODULE(Clock)
