#pragma once

#include <string_view>

namespace shoal {

/// The standard phrase of an HTTP status, `Not Found`; for an unassigned one that of its class.
std::string_view standard_phrase(int status);

/// Whether RFC 9110 forbids a body with this status, whatever the method.
constexpr bool forbids_body(int status) { return status == 204 || status == 304; }

}  // namespace shoal
