// In the place of `lone`: its constructor throws an int and not a std::exception.
#include <shoal/module.hpp>

namespace {

class Throws final : public shoal::Module {
 public:
  Throws() { throw 42; }

  void handle(shoal::Request&, shoal::Response&) override {}
};

}  // namespace

SHOAL_MODULE(Throws)
