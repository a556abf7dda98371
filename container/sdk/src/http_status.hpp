#pragma once

#include <string_view>

namespace shoal {

/// Returns the standard phrase of an HTTP status, e.g. `Not Found`. Returns the name of its class
/// for a status that is not assigned, e.g. `Client Error`.
std::string_view standard_phrase(int status);

/// Returns true if RFC 9110 forbids a body with this status, for any method.
constexpr bool forbids_body(int status) { return status == 204 || status == 304; }

}  // namespace shoal
