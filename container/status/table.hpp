#pragma once

#include <string>

#include "status/overview.hpp"

namespace shoal::status {

/// Returns what `shoal status` prints: health first, then groups, processes, busy threads, crashes.
/// It is at most about 100 columns wide, except for messages and paths, which are never cut. Text
/// from outside cannot control the terminal. Has escape sequences for colours only if `colours` is
/// true.
std::string table(const Overview& overview, bool colours = false);

}  // namespace shoal::status
