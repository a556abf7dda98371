// The smallest handler module.
#include <shoal/module.hpp>

class Handler final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override { response.text("hello\n"); }
};
SHOAL_MODULE(Handler)
