#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>

#include "shoal/module.hpp"

// A static initialiser runs while the dynamic linker opens the module, so the container cannot
// catch its exceptions.
namespace {

enum Action { kCrashes, kAborts, kExits, kThrows, kLoops, kSleeps };

int initialise() {
  // Not a null pointer, which UndefinedBehaviorSanitizer would report.
  volatile std::uintptr_t nowhere = 64;
  switch (ACTION) {
    case kCrashes:
      return *reinterpret_cast<volatile int*>(nowhere);
    case kAborts:
      std::abort();
    case kExits:
      std::exit(0);
    case kThrows:
      throw std::runtime_error("no database at db.example");
    case kLoops:
      for (;;) nowhere = nowhere + 1;
    case kSleeps:
      for (;;) ::pause();
  }
  return 0;
}

const int kInitialised = initialise();

class Harmful final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
    response.text(std::to_string(kInitialised));
  }
};

}  // namespace

SHOAL_MODULE(Harmful)
