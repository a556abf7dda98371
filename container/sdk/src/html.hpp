#pragma once

#include <string>
#include <string_view>

namespace shoal {

/// A whole page: the status with its standard phrase and, unless empty, `message` (escaped).
std::string error_page(int status, std::string_view message);

}  // namespace shoal
