#pragma once

// How the probe and its process talk: the request is read from one descriptor to its end, the
// report is written to another, a JSON object per line. {"step", "module", "at"} stands before each
// deed, so that the last line tells who did not survive it; the report ends with {"threads",
// "unloads"} or
// {"error"}.
namespace shoal::modules::wire {

inline constexpr int kRequest = 3;
inline constexpr int kReport = 4;

inline constexpr unsigned kMostProcessorSeconds = 10;
inline constexpr unsigned kMostSeconds = 20;

}  // namespace shoal::modules::wire
