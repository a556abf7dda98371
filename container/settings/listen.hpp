#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "settings/reader.hpp"
#include "settings/settings.hpp"

namespace shoal::settings {

/// `listen`: a list of sockets, or a single one; each a mapping, or a text alone. `folder` is what
/// relative socket paths are resolved against. Throws Wrong.
std::vector<Listen> read_listen(const Value& value, const std::filesystem::path& folder);

/// A list of IPv4 and IPv6 addresses, at least one. Throws Wrong.
std::vector<std::string> read_addresses(const Value& value);

}  // namespace shoal::settings
