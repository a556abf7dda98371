// In the place of `lone`: calls a function that no library defines.
#include <shoal/module.hpp>

extern "C" int nobody_has_this();

namespace {

class Missing final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
    response.status(nobody_has_this());
  }
};

}  // namespace

SHOAL_MODULE(Missing)
