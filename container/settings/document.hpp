#pragma once

#include <filesystem>
#include <optional>

#include "settings/errors.hpp"
#include "settings/reader.hpp"

namespace shoal::settings {

/// The one YAML document in `file`. None, and the reason among the errors, when the file cannot be
/// read, is no YAML, is empty, or holds more than one document.
std::optional<Value> load(const std::filesystem::path& file, Errors& errors);

}  // namespace shoal::settings
