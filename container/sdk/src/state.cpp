#include "shoal/state.hpp"

namespace shoal {

// Defined in libshoal for the reason given in module.cpp.
State::~State() = default;
StateError::~StateError() = default;

}  // namespace shoal
