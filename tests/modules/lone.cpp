#include "shoal/module.hpp"

namespace {

/// A group of one.
class Lone final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
    response.text("lone " + std::to_string(VERSION) + "\n");
  }
};

}  // namespace

SHOAL_MODULE(Lone)
