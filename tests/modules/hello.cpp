#include "shoal/module.hpp"

namespace {

/// For tests of debuggers. The code of its versions is in different lines.
class Hello final : public shoal::Module {
 public:
  Hello() = default;

#if VERSION == 1
  void handle(shoal::Request& request, shoal::Response& response) override {
    if (request.query("crash")) *nothing_ = 1;
    response.text("hello 1\n");
  }
#else
  void handle(shoal::Request& request, shoal::Response& response) override {
    if (request.query("crash")) *nothing_ = 2;
    response.text("hello 2\n");
  }
#endif

 private:
  int* volatile nothing_ = nullptr;
};

}  // namespace

SHOAL_MODULE(Hello)
