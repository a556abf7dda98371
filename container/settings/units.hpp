#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace shoal::settings {

/// `250ms`, `5s`, `2m`, `1h`: a whole number and a unit, nothing between. Throws Wrong.
std::chrono::milliseconds parse_duration(std::string_view text);

/// `512B`, `64KiB`, `8MiB`, `1GiB`: in bytes. Throws Wrong.
std::uint64_t parse_size(std::string_view text);

/// The shortest text that parses to the same: `90s`, `2m`.
std::string to_text(std::chrono::milliseconds duration);

/// The shortest text that parses to the same: `8MiB`.
std::string to_text(std::uint64_t size);

}  // namespace shoal::settings
