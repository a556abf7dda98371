#pragma once

#include <vector>

#include "settings/reader.hpp"
#include "settings/settings.hpp"

namespace shoal::settings {

/// `routes`: URL prefix -> dotted name, longest prefix first. Throws Wrong.
std::vector<Route> read_routes(const Value& value);

}  // namespace shoal::settings
