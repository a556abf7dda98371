// A module that crashes in a static initialiser, while the dynamic linker holds its locks.

#include "unchecked.hpp"

namespace pond {
namespace {

struct Hasty {
  UNCHECKED Hasty() { *static_cast<volatile int*>(nullptr) = 1; }
};

const Hasty hasty;

}  // namespace
}  // namespace pond
