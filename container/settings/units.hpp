#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace shoal::settings {

/// Reads `250ms`, `5s`, `2m` or `1h`: a whole number and a unit, without a space. Throws
/// ValueError.
std::chrono::milliseconds parse_duration(std::string_view text);

/// Reads `512B`, `64KiB`, `8MiB` or `1GiB`. Returns bytes. Throws ValueError.
std::uint64_t parse_size(std::string_view text);

/// Returns the shortest text for a duration: `90s`, `2m`. REQUIRES: it is not negative.
std::string to_text(std::chrono::milliseconds duration);

/// Returns the shortest text for a number of bytes: `8MiB`.
std::string to_text(std::uint64_t size);

}  // namespace shoal::settings
