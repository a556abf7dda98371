#include "shoal/export.hpp"

/// A library that is there when its user is linked, and never again.
SHOAL_EXPORT int of_nowhere() { return 0; }
