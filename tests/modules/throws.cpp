#include <exception>
#include <future>
#include <stdexcept>
#include <string>

#include "shoal/module.hpp"

// Tests look for lines of this file by the comment at their end.

namespace {

class OutOfFish : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Silent : std::exception {
  const char* what() const noexcept override { return nullptr; }
};

// A function for each test, because the log has the stack of one place only once a minute.
template <int kWay>
[[gnu::noinline]] void look_into_the_net(const std::string& net) {
  if (net.empty()) return;
  throw OutOfFish("nothing in the " + net);  // thrown
}

template <int kWay>
[[gnu::noinline]] int count(const std::string& fish) {
  return std::stoi(fish);  // counted
}

[[gnu::always_inline]] inline void cast(const std::string& net) {
  look_into_the_net<1>(net);  // inlined
}

[[gnu::noinline]] void fish_twice() {
  try {
    count<1>("none");
  } catch (...) {
    std::throw_with_nested(OutOfFish("cannot count"));  // nested
  }
}

[[gnu::noinline]] void fish_later() {
  // A destructor throws and catches another exception during the unwinding.
  struct Net {
    ~Net() {
      try {
        count<2>("some");
      } catch (const std::exception&) {
      }
    }
  };
  const Net net;
  look_into_the_net<2>("deep");
}

[[noreturn, gnu::noinline]] void fall(volatile const int* net) {
  throw *net;  // fallen
}

/// Throws in the way that `?how` names.
class Throws final : public shoal::Module {
 public:
  void handle(shoal::Request& request, shoal::Response& response) override {
    const std::string how = request.query("how").value_or("");
    const int number = 42;
    if (how == "plain") look_into_the_net<3>("net");
    if (how == "inlined") cast("pond");  // called
    if (how == "library") count<3>("none");
    if (how == "nested") fish_twice();
    if (how == "later") fish_later();
    if (how == "number") fall(&number);
    if (how == "silent") throw Silent();
    if (how == "pointer") throw "a herring";
    if (how == "again") {
      try {
        look_into_the_net<4>("sea");
      } catch (const OutOfFish&) {
        throw;
      }
    }
    if (how == "thread") std::async(std::launch::async, look_into_the_net<5>, "brook").get();
    response.text("no fish\n");
  }
};

}  // namespace

SHOAL_MODULE(Throws)
