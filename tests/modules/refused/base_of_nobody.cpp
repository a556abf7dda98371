#include "shoal/export.hpp"

/// Takes the place of a base class that others link to, and has nothing that they need.
SHOAL_EXPORT int in_vain() { return 0; }
