#include <shoal/module.hpp>
#include <string>

namespace {

class Hello final : public shoal::Module {
 public:
  explicit Hello(shoal::Context& context)
      : greeting_(context.config().get("greeting", "Hello")),
        repeat_(context.config().get("repeat", 1)) {
    if (repeat_ < 1 || repeat_ > 10) throw shoal::ConfigError("hello: repeat must be 1 to 10");
  }

  void handle(shoal::Request& request, shoal::Response& response) override {
    const std::string name = request.query("name").value_or("world");
    for (int i = 0; i < repeat_; ++i) response.text(greeting_ + ", " + name + "!\n");
  }

 private:
  const std::string greeting_;
  const int repeat_;
};

}  // namespace

SHOAL_MODULE(Hello)
