#include <shoal/module.hpp>

namespace {

/// Reads the whole body, and then answers as apps/hello does.
class Reads final : public shoal::Module {
 public:
  void handle(shoal::Request& request, shoal::Response& response) override {
    request.body().read_all();
    response.text("Hello, world!\n");
  }
};

}  // namespace

SHOAL_MODULE(Reads)
