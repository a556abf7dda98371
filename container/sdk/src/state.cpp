#include "shoal/state.hpp"

namespace shoal {

// They must be defined in libshoal: module.cpp says why.
State::~State() = default;
StateError::~StateError() = default;

}  // namespace shoal
