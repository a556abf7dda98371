#include "shoal/export.hpp"

/// A handler whose author has forgotten SHOAL_MODULE.
SHOAL_EXPORT int forgotten() { return 0; }
