#include "shoal/export.hpp"

/// Would be a handler, had its author not forgotten SHOAL_MODULE.
SHOAL_EXPORT int forgotten() { return 0; }
