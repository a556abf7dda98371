// In the place of `lone`: registers itself while it is opened, as generated code does.
#include <shoal/module.hpp>

extern "C" void once_register(const char* name);

namespace {

[[maybe_unused]] const bool registered = (once_register("x.proto"), true);

class Once final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
    response.text("once " + std::to_string(VERSION));
  }
};

}  // namespace

SHOAL_MODULE(Once)
