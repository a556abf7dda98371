#include <stdexcept>

#include "shoal/module.hpp"

namespace {

class Lone final : public shoal::Module {
 public:
  Lone() { throw std::runtime_error("no database at db.example"); }
  void handle(shoal::Request&, shoal::Response&) override {}
};

}  // namespace

SHOAL_MODULE(Lone)
