#pragma once

#include <filesystem>
#include <vector>

#include "settings/settings.hpp"
#include "settings/value.hpp"

namespace shoal::settings {

/// Reads `health`. Resolves a relative socket path against `folder`. The socket must not be one of
/// `listen`, the sockets for web servers. Throws ValueError.
Health read_health(const Value& value, const std::filesystem::path& folder,
                   const std::vector<Listen>& listen);

}  // namespace shoal::settings
