#pragma once

#include <filesystem>
#include <optional>

#include "settings/errors.hpp"
#include "settings/value.hpp"

namespace shoal::settings {

/// Returns the YAML document in `file`. Returns nullopt and adds an error if the file cannot be
/// read, is not YAML, is empty, or has more than one document.
std::optional<Value> load(const std::filesystem::path& file, Errors& errors);

}  // namespace shoal::settings
