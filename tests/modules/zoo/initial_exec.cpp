#include "shoal/module.hpp"

namespace {

// This model is not for libraries that are loaded often: their variables share a small space that
// is allocated when the process starts.
__attribute__((tls_model("initial-exec"))) thread_local int requests = 0;

class Harmful final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
    response.text(std::to_string(++requests));
  }
};

}  // namespace

SHOAL_MODULE(Harmful)
