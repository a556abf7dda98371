#include "shoal/module.hpp"

namespace {

class Beast final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override { response.text("2\n"); }
};

}  // namespace

/// What SHOAL_MODULE would define, by somebody who knew better.
extern "C" SHOAL_EXPORT shoal::Module* shoal_make_module(shoal::Context&) { return new Beast(); }
