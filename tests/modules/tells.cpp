#include "shoal/module.hpp"

namespace {

/// Logs the parameter `line` of the request, and answers with the id of the request.
class Tells final : public shoal::Module {
 public:
  explicit Tells(const shoal::Context& context) : context_(context) {}

  void handle(shoal::Request& request, shoal::Response& response) override {
    context_.log(shoal::LogLevel::kWarning, "told " + request.query("line").value_or("nothing"));
    response.text(request.id());
  }

 private:
  const shoal::Context& context_;
};

}  // namespace

SHOAL_MODULE(Tells)
