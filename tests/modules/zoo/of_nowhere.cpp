#include "shoal/export.hpp"

/// A library that exists when a module is linked to it, and cannot be found later.
SHOAL_EXPORT int of_nowhere() { return 0; }
