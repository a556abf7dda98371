#pragma once

#include "settings/reader.hpp"
#include "settings/settings.hpp"

namespace shoal::settings {

/// `groups`: false, true, or a mapping of group names to lists of dotted types. Throws Wrong.
Groups read_groups(const Value& value);

}  // namespace shoal::settings
