#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "access/visit.hpp"

// What both kinds of lines say of a request. Raw: whoever writes them out makes them harmless.
namespace shoal::access {

/// Bytes that any one value has at most.
inline constexpr std::size_t kLongestValue = 4096;

/// The CGI variable, no longer than kLongestValue; empty when there is none.
std::string_view variable(const Visit& visit, std::string_view name);

/// The path as the visitor sent it, without the query string; else as the web server decoded it.
std::string_view request_path(const Visit& visit);

/// CONTENT_LENGTH; 0 when there is none, or what is none.
std::uint64_t request_length(const Visit& visit);

/// A point in time as strftime writes it, in local time; at most 255 bytes, else nothing.
std::string local_time(std::chrono::system_clock::time_point time, const char* format);

/// The most memory that this process ever had in use (resident), in bytes.
std::uint64_t peak_memory();

}  // namespace shoal::access
