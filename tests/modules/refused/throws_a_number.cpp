#include "shoal/module.hpp"

namespace {

class Lone final : public shoal::Module {
 public:
  Lone() { throw 4711; }
  void handle(shoal::Request&, shoal::Response&) override {}
};

}  // namespace

SHOAL_MODULE(Lone)
