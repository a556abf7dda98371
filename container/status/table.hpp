#pragma once

#include <string>

#include "status/overview.hpp"

namespace shoal::status {

/// What `shoal status` prints: health first, then groups, processes, what threads do, crashes. At
/// most about 100 columns, but for messages and paths, which are never cut. Nothing in it can steer
/// a terminal; escape sequences are in it only when `colours` asks for them.
std::string table(const Overview& overview, bool colours = false);

}  // namespace shoal::status
