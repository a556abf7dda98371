// In the place of `lone`: ends the process while it is opened.
#include <cstdlib>
#include <shoal/module.hpp>

namespace {

[[maybe_unused]] const bool opened = (std::abort(), true);

class Aborts final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response&) override {}
};

}  // namespace

SHOAL_MODULE(Aborts)
