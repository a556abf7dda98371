#include "shoal/module.hpp"
#include "zoo/notes.hpp"
#include "zoo/pool.hpp"

namespace {

/// Takes notes on a thread of somebody else's, which ends when it likes.
class Pooled final : public shoal::Module {
 public:
  explicit Pooled(shoal::Context& context) {
    const auto file = context.config().get<std::string>("while");
    if (!context.probing()) do_elsewhere([] { zoo::noted("in the pool"); }, file);
  }
  void handle(shoal::Request&, shoal::Response& response) override { response.text("pooled\n"); }
};

}  // namespace

SHOAL_MODULE(Pooled)
