#pragma once

#include <filesystem>

#include "settings/settings.hpp"
#include "settings/value.hpp"

namespace shoal::settings {

/// Reads `log`. Resolves relative paths against `folder`. Throws ValueError.
Log read_log(const Value& value, const std::filesystem::path& folder);

}  // namespace shoal::settings
