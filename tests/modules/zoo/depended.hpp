#pragma once

#include "shoal/export.hpp"

/// A library from outside, which has a function more since version 2.
SHOAL_EXPORT int depended_version();
SHOAL_EXPORT int depended_more();
