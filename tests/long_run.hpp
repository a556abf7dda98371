#pragma once

#include <cstdlib>

namespace shoal::test {

/// Returns how many times a test repeats its subject: `few`, or `many` in `tests/run.sh --long`.
/// tests/README.md lists the tests that call this.
inline int repetitions(int few, int many) {
  return std::getenv("SHOAL_LONG_RUN") == nullptr ? few : many;
}

}  // namespace shoal::test
