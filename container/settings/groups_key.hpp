#pragma once

#include "settings/settings.hpp"
#include "settings/value.hpp"

namespace shoal::settings {

/// Reads `groups`: false, true, or a mapping of group names to lists of dotted types. Throws
/// ValueError.
Groups read_groups(const Value& value);

}  // namespace shoal::settings
