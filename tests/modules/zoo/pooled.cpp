#include "shoal/module.hpp"
#include "zoo/notes.hpp"
#include "zoo/pool.hpp"

namespace {

/// Uses the notes in a thread of another library, which ends after the module.
class Pooled final : public shoal::Module {
 public:
  explicit Pooled(shoal::Context& context) {
    const auto file = context.config().get<std::string>("while");
    if (!context.probing()) run_elsewhere([] { zoo::noted("in the pool"); }, file);
  }
  void handle(shoal::Request&, shoal::Response& response) override { response.text("pooled\n"); }
};

}  // namespace

SHOAL_MODULE(Pooled)
