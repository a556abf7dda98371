#pragma once

#include <filesystem>
#include <vector>

#include "settings/reader.hpp"
#include "settings/settings.hpp"

namespace shoal::settings {

/// Reads `health`. Relative socket paths are resolved against `folder`; `listen` are the sockets
/// for web servers, none of which may be this one. Throws Wrong.
Health read_health(const Value& value, const std::filesystem::path& folder,
                   const std::vector<Listen>& listen);

}  // namespace shoal::settings
