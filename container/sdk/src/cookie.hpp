#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "shoal/response.hpp"

namespace shoal {

/// Returns the value of the Set-Cookie header for this cookie. Throws std::invalid_argument as
/// Response::cookie says.
std::string set_cookie_value(const Cookie& cookie);

/// Returns the value of the first cookie of this name in `cookies`, the value of a Cookie header,
/// without quotes around it. Returns nullopt when there is no such cookie.
std::optional<std::string_view> find_cookie(std::string_view cookies, std::string_view name);

}  // namespace shoal
