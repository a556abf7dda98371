#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>

#include "shoal/module.hpp"

// What a static initialiser does runs while the dynamic linker opens the module: nothing of it can
// be caught there.
namespace {

enum Deed { kCrashes, kAborts, kExits, kThrows, kLoops, kSleeps };

int initialise() {
  // Not the null pointer: UndefinedBehaviorSanitizer would step in.
  volatile std::uintptr_t nowhere = 64;
  switch (DEED) {
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

class Beast final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
    response.text(std::to_string(kInitialised));
  }
};

}  // namespace

SHOAL_MODULE(Beast)
