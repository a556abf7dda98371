#pragma once

#include <cstdlib>

namespace shoal::test {

/// Returns how often a test repeats what it is about: `few` times, or `many` in `tests/run.sh
/// --long`. tests/README.md lists the tests that ask.
inline int repetitions(int few, int many) {
  return std::getenv("SHOAL_LONG_RUN") == nullptr ? few : many;
}

}  // namespace shoal::test
