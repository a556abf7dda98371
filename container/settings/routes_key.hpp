#pragma once

#include <string>
#include <vector>

#include "settings/settings.hpp"
#include "settings/value.hpp"

namespace shoal::settings {

/// Reads `routes`: URL prefix -> dotted name, or a mapping with it. A route may have at most
/// `threads` threads: workers.threads. Returns the longest prefix first. Throws ValueError.
std::vector<Route> read_routes(const Value& value, unsigned threads);

/// Throws ValueError if a URL prefix can match no request, or could be written in another way.
void check_prefix(const std::string& prefix);

}  // namespace shoal::settings
