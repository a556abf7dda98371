#include "shoal/module.hpp"

namespace {

/// The pages do not link to it: they include it by its name.
class Menu final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
    response.write("menu " + std::to_string(VERSION) + "\n");
  }
};

}  // namespace

SHOAL_MODULE(Menu)
