#pragma once

#include <string>
#include <vector>

#include "settings/reader.hpp"
#include "settings/settings.hpp"

namespace shoal::settings {

/// `routes`: URL prefix -> dotted name, or a mapping with it; longest prefix first. Throws Wrong.
std::vector<Route> read_routes(const Value& value);

/// Refuses a URL prefix that no request could ever have, or that could be written in two ways.
/// Throws Wrong.
void check_prefix(const std::string& prefix);

}  // namespace shoal::settings
