#include "shoal/module.hpp"
#include "zoo/depended.hpp"

namespace {

/// Needs the version of the library that it is built for.
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
