#pragma once

#include <filesystem>

#include "settings/reader.hpp"
#include "settings/settings.hpp"

namespace shoal::settings {

/// `log`. Relative files are below `folder`. Throws Wrong.
Log read_log(const Value& value, const std::filesystem::path& folder);

}  // namespace shoal::settings
