#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "status/overview.hpp"

/// Numbers and texts for people. Pure functions.
namespace shoal::status {

/// Returns `text` made safe for a terminal: valid UTF-8 in which characters that could control a
/// terminal, end a line or change the direction of writing are spelled out (`\x1b`, `\u{202e}`).
/// Does not escape markup.
std::string shown(std::string_view text);

/// Returns shown() of each line of `text`. An empty text has no lines.
std::vector<std::string> shown_lines(std::string_view text);

/// Returns `340 ms`, `12 s`, `3 min`, `5 h`, `2 days`: one unit, rounded down. A negative time is 0
/// s: the clocks of two processes may differ, or a clock may have been set back.
std::string span(double seconds);

/// Returns `just now` or `3 min ago`; `never` if `at` is 0.
std::string ago(Time at, Time now);

/// Returns `0`, `85 us`, `1.2 ms`, `340 ms`, `2.5 s`: at most three digits.
std::string duration(std::chrono::nanoseconds took);

/// Returns `512 B`, `46 MiB`, `1.2 GiB`.
std::string size(std::uint64_t bytes);

/// Returns `1,204,331`.
std::string count(std::uint64_t number);

/// Returns `1 group`, `3 groups`.
std::string count_of(std::uint64_t number, const std::string& one);

/// Returns `2024-03-05 03:07:00 UTC`.
std::string utc(Time at);

/// Returns `2024-03-05T03:07:00Z`, for programs.
std::string iso_utc(Time at);

}  // namespace shoal::status
