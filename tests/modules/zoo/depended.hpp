#pragma once

#include "shoal/export.hpp"

/// A library outside of the apps folder. Version 2 has the second function.
SHOAL_EXPORT int depended_version();
SHOAL_EXPORT int depended_more();
