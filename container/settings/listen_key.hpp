#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "settings/settings.hpp"
#include "settings/value.hpp"

namespace shoal::settings {

/// Reads `listen`: a list of sockets, or a single one; each is a mapping, or a text alone. Resolves
/// relative socket paths against `folder`. Throws ValueError.
std::vector<Listen> read_listen(const Value& value, const std::filesystem::path& folder);

/// Reads a list of IPv4 and IPv6 addresses, at least one. Throws ValueError.
std::vector<std::string> read_addresses(const Value& value);

}  // namespace shoal::settings
