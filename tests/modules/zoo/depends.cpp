#include "shoal/module.hpp"
#include "zoo/depended.hpp"

namespace {

/// Needs the same version of the library as its own.
class Depends final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
#if VERSION == 2
    const int more = depended_more();
#else
    const int more = 0;
#endif
    response.text("has " + std::to_string(depended_version()) + ", " + std::to_string(more) + "\n");
  }
};

}  // namespace

SHOAL_MODULE(Depends)
