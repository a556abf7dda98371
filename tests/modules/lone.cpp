#include "shoal/module.hpp"

namespace {

/// The only module of its group.
class Lone final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
    response.text("lone " + std::to_string(VERSION) + "\n");
  }
};

}  // namespace

SHOAL_MODULE(Lone)
