#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "access/logged_request.hpp"

// What both kinds of lines say about a request. Values are raw: the code that appends them to a
// line must escape them. Safe to use from any thread.
namespace shoal::access {

/// The most bytes of a value in a line.
inline constexpr std::size_t kLongestValue = 4096;

/// Returns the CGI variable, cut at kLongestValue; an empty text if the request has no such
/// variable.
std::string_view variable(const LoggedRequest& request, std::string_view name);

/// Returns the path as the visitor sent it, without the query string; without REQUEST_URI the path
/// as the web server decoded it.
std::string_view request_path(const LoggedRequest& request);

/// Returns CONTENT_LENGTH in bytes; 0 if it is missing or not a number.
std::uint64_t request_length(const LoggedRequest& request);

/// Returns local time in a format of strftime; an empty text if it would have more than 255 bytes.
std::string local_time(std::chrono::system_clock::time_point time, const char* format);

/// Returns the largest resident size that this process has had, in bytes.
std::uint64_t peak_memory();

}  // namespace shoal::access
