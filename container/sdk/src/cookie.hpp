#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "shoal/response.hpp"

namespace shoal {

/// The value of a Set-Cookie header. Throws std::invalid_argument: see Response::cookie.
std::string set_cookie_value(const Cookie& cookie);

/// The value of the first cookie of this name in a Cookie header, without quotes around it.
std::optional<std::string_view> find_cookie(std::string_view cookies, std::string_view name);

}  // namespace shoal
