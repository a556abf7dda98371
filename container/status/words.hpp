#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "status/overview.hpp"

/// Numbers and texts as people read them. Pure functions.
namespace shoal::status {

/// `text` fit to be shown: valid UTF-8 in which whatever could steer a terminal, end a line or turn
/// the direction of writing is spelled out (`\x1b`, `\u{202e}`). Markup is not looked at.
std::string shown(std::string_view text);

/// `shown`, for each line of `text`. None for an empty text.
std::vector<std::string> shown_lines(std::string_view text);

/// `340 ms`, `12 s`, `3 min`, `5 h`, `2 days`: one unit, rounded down. Nothing negative: clocks of
/// two processes, and one set back, are no reason to confuse anybody.
std::string span(double seconds);

/// `just now`, or `3 min ago`; `never` when `at` is 0.
std::string ago(Time at, Time now);

/// `0`, `85 us`, `1.2 ms`, `340 ms`, `2.5 s`: three digits at most.
std::string duration(std::chrono::nanoseconds took);

/// `512 B`, `46 MiB`, `1.2 GiB`.
std::string size(std::uint64_t bytes);

/// `1,204,331`.
std::string count(std::uint64_t number);

/// `1 group`, `3 groups`.
std::string count_of(std::uint64_t number, const std::string& one);

/// `2024-03-05 03:07:00 UTC`.
std::string utc(Time at);

/// `2024-03-05T03:07:00Z`, for machines.
std::string iso_utc(Time at);

}  // namespace shoal::status
