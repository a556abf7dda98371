#pragma once

#include <string>
#include <string_view>

namespace shoal {

/// Returns a whole page: the status with its standard phrase and, unless it is empty, `message`,
/// which is escaped.
std::string error_page(int status, std::string_view message);

}  // namespace shoal
