#include "shoal/module.hpp"

namespace {

// Of a model that libraries which come and go must not use: room for it is given once, at the
// start.
__attribute__((tls_model("initial-exec"))) thread_local int requests = 0;

class Beast final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
    response.text(std::to_string(++requests));
  }
};

}  // namespace

SHOAL_MODULE(Beast)
