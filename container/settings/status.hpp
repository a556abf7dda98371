#pragma once

#include "settings/reader.hpp"
#include "settings/settings.hpp"

namespace shoal::settings {

/// `status`. Throws Wrong.
Status read_status(const Value& value);

}  // namespace shoal::settings
