#include "numbered/number.hpp"
#include "shoal/module.hpp"

namespace {

class Menu final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
    response.write("menu " + number() + "\n");
  }
};

}  // namespace

SHOAL_MODULE(Menu)
