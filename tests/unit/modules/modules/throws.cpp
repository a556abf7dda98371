// In the place of `lone`: its constructor throws, after a note in the diary.
#include <fstream>
#include <shoal/module.hpp>
#include <stdexcept>

namespace {

class Throws final : public shoal::Module {
 public:
  explicit Throws(shoal::Context& context) {
    const auto diary = context.config().get<std::string>("diary", "");
    if (!diary.empty()) std::ofstream(diary, std::ios::app) << "tried\n";
    throw std::runtime_error("no database\nforged line");
  }

  void handle(shoal::Request&, shoal::Response&) override {}
};

}  // namespace

SHOAL_MODULE(Throws)
