#include "shoal/module.hpp"

int in_no_library();

namespace {

class Lone final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
    response.text(std::to_string(in_no_library()));
  }
};

}  // namespace

SHOAL_MODULE(Lone)
