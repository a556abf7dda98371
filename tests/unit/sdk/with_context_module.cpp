#include <shoal/module.hpp>

namespace {

class WithContext final : public shoal::Module {
 public:
  explicit WithContext(shoal::Context& context)
      : context_(context), greeting_(context.config().get<std::string>("greeting")) {}

  void handle(shoal::Request& request, shoal::Response& response) override {
    if (request.method() == "POST") throw shoal::BodyError("from a module");
    response.text(greeting_ + " from " + context_.module());
  }

 private:
  shoal::Context& context_;
  std::string greeting_;
};

}  // namespace

SHOAL_MODULE(WithContext)
