#include "shoal/module.hpp"

namespace {

class Harmful final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override { response.text("2\n"); }
};

}  // namespace

/// The function of SHOAL_MODULE without its ABI note.
extern "C" SHOAL_EXPORT shoal::Module* shoal_make_module(shoal::Context&) { return new Harmful(); }
