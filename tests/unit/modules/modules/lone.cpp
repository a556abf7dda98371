// A handler of its own that says which version it is, and keeps a diary where it is given one.
#include <unistd.h>

#include <fstream>
#include <shoal/module.hpp>

namespace {

class Lone final : public shoal::Module {
 public:
  explicit Lone(shoal::Context& context)
      : diary_(context.config().get<std::string>("diary", "")),
        generation_(std::to_string(context.generation())) {
    note("made");
  }
  ~Lone() override { note("gone"); }

  void handle(shoal::Request&, shoal::Response& response) override {
    response.text("lone " + std::to_string(VERSION));
  }

 private:
  void note(const char* what) const {
    if (diary_.empty()) return;
    std::ofstream(diary_, std::ios::app)
        << what << " " << generation_ << " by thread " << ::gettid() << "\n";
  }

  const std::string diary_;
  const std::string generation_;
};

}  // namespace

SHOAL_MODULE(Lone)
