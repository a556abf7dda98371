#include "shoal/export.hpp"

/// Replaces a base class that others link to, without the symbols that they need.
SHOAL_EXPORT int another_function() { return 0; }
