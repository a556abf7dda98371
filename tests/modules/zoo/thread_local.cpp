#include <thread>

#include "shoal/module.hpp"
#include "zoo/notes.hpp"

namespace {

/// Uses the notes in the thread of the request; for `/elsewhere`, in a thread that ends with the
/// request.
class Forgetful final : public shoal::Module {
 public:
  void handle(shoal::Request& request, shoal::Response& response) override {
    if (request.path_info() != "/elsewhere") return response.text(zoo::noted("here") + "\n");
    std::string text;
    std::thread([&] { text = zoo::noted("elsewhere"); }).join();
    response.text(text + "\n");
  }
};

}  // namespace

SHOAL_MODULE(Forgetful)
