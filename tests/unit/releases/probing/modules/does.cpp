// In the place of `lone`: does what its settings say.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <shoal/module.hpp>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

constexpr const char* kThereIsOne = "SHOAL_TEST_THERE_IS_ONE";

/// A thread that never ends, in code of this module.
void run_for_ever() {
  for (;;) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

class Does final : public shoal::Module {
 public:
  explicit Does(shoal::Context& context)
      : deed_(context.config().get<std::string>("deed")),
        file_(context.config().get<std::string>("file", "")),
        number_(context.config().get<std::string>("number", "")) {
    if (!number_.empty() && number_ != std::to_string(context.generation())) deed_.clear();
    note();
    if (deed_ == "hang") run_for_ever();
    if (deed_ == "take 2 s") std::this_thread::sleep_for(std::chrono::seconds(2));
    if (deed_ == "abort") std::abort();
    if (deed_ == "throw") throw std::runtime_error("no database");
    if (deed_ == "be the only one") {
      if (std::getenv(kThereIsOne) != nullptr) throw std::runtime_error("there is another one");
      ::setenv(kThereIsOne, "1", 0);
    }
    if (deed_ == "be killed") std::raise(SIGKILL);
    if (deed_ == "be killed once" && lines() == 1) std::raise(SIGKILL);
    if (deed_ == "leave a thread") std::thread(run_for_ever).detach();
  }
  ~Does() override {
    if (deed_ == "be the only one") ::unsetenv(kThereIsOne);
    if (deed_ == "abort at the end") std::abort();
  }

  void handle(shoal::Request&, shoal::Response&) override {}

 private:
  void note() const {
    if (!file_.empty()) std::ofstream(file_, std::ios::app) << "made\n";
  }

  std::size_t lines() const {
    std::ifstream stream(file_);
    std::size_t count = 0;
    for (std::string line; std::getline(stream, line);) ++count;
    return count;
  }

  std::string deed_;
  const std::string file_, number_;
};

}  // namespace

SHOAL_MODULE(Does)
