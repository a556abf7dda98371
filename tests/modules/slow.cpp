#include "rendezvous.hpp"
#include "shoal/module.hpp"

namespace {

/// Answers when the test lets it: it waits at the rendezvous `?meet=`.
class Slow final : public shoal::Module {
 public:
  void handle(shoal::Request& request, shoal::Response& response) override {
    rendezvous(request.query("meet").value());
    response.text("slow, but whole\n");
  }
};

}  // namespace

SHOAL_MODULE(Slow)
