#pragma once

#include "settings/settings.hpp"
#include "settings/value.hpp"

namespace shoal::settings {

/// Reads `status`. Throws ValueError.
Status read_status(const Value& value);

}  // namespace shoal::settings
