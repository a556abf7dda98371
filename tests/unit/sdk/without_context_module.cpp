#include <shoal/module.hpp>

class WithoutContext : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override { response.text("alone"); }
};
SHOAL_MODULE(WithoutContext)
