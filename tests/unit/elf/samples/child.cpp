// A module that needs the base.
#include "base.hpp"

namespace {

class Child final : public Base {
 public:
  int number() const override { return 10 * VERSION + Base::number(); }
};

void throw_trouble() { throw Trouble("in the child"); }

}  // namespace

extern "C" {
__attribute__((visibility("default"))) int child_number() {
  const Child child;
  return static_cast<const Base&>(child).number();
}
__attribute__((visibility("default"))) int child_throws() {
  return Child().call_and_catch(throw_trouble);
}
__attribute__((visibility("default"))) int* child_counter() { return &Store::counter; }
}
