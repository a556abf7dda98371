#include "shoal/module.hpp"

namespace {

/// Puts what the visitor says into the log, and answers with the request's id.
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
