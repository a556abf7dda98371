// Links to `shelf`.
#include <shoal/module.hpp>

int books_on_the_shelf();

namespace {

class Reader final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
    response.text(std::to_string(books_on_the_shelf()));
  }
};

}  // namespace

SHOAL_MODULE(Reader)
