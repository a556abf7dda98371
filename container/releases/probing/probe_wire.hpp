#pragma once

#include <string_view>

// How the probe and its process talk: the request is read from one descriptor to its end, the
// report is written to another, a JSON object per line. {"step", "module", "at"} stands before each
// deed, so that the last line tells which module did not survive it; {"opened", "at"} stands behind
// the opening of a generation and says which one: "current", the one that serves and is opened
// first, or "new". Steps and errors say the same by {"of"}. The report ends with {"threads",
// "unloads"} or {"error"}.
//
// The process that does it all is a child of the one that was started, which only waits for its end
// and adds {"ended", "processor"}: the status as waitpid(2) has it, and the seconds of processor
// time. A module in the container may ignore SIGCHLD, or reap every child there is: then the
// container never learns how its own child ended.
namespace shoal::releases::wire {

inline constexpr int kRequest = 3;
inline constexpr int kReport = 4;

/// Stands in the report once the generation that serves was opened. From then on the new one has
/// all the time that a lone one has.
inline constexpr std::string_view kCurrentOpened = R"("opened":"current")";

inline constexpr unsigned kMostProcessorSeconds = 10;
inline constexpr unsigned kMostSeconds = 20;

}  // namespace shoal::releases::wire
