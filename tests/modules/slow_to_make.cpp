#include "rendezvous.hpp"
#include "shoal/module.hpp"

namespace {

/// Its constructor waits at the rendezvous that the setting `meet` names.
class Lone final : public shoal::Module {
 public:
  explicit Lone(shoal::Context& context) { rendezvous(context.config().get<std::string>("meet")); }
  void handle(shoal::Request&, shoal::Response& response) override { response.text("lone late\n"); }
};

}  // namespace

SHOAL_MODULE(Lone)
