#include "shoal/module.hpp"

int of_nowhere();

namespace {

class Harmful final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
    response.text(std::to_string(of_nowhere()));
  }
};

}  // namespace

SHOAL_MODULE(Harmful)
