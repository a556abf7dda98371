// A small module: one file, two settings, one line of answer.
//
//   modules:
//     hello: { greeting: Hello, repeat: 1 }

#include <shoal/module.hpp>
#include <string>

namespace {

constexpr int kMostLines = 100;

class Hello final : public shoal::Module {
 public:
  explicit Hello(shoal::Context& context)
      : greeting_(context.config().get("greeting", "Hello")),
        repeat_(context.config().get("repeat", 1)) {
    // When this throws, the drop is refused and the previous generation goes on serving.
    if (repeat_ < 1 || repeat_ > kMostLines) {
      throw shoal::ConfigError(context.module() + ": repeat is " + std::to_string(repeat_) +
                               "; give a number from 1 to " + std::to_string(kMostLines));
    }
  }

  void handle(shoal::Request& request, shoal::Response& response) override {
    const std::string line = greeting_ + ", " + request.query("name").value_or("world") + "!\n";
    for (int i = 0; i < repeat_; ++i) response.text(line);
  }

 private:
  const std::string greeting_;
  const int repeat_;
};

}  // namespace

SHOAL_MODULE(Hello)
