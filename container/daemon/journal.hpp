#pragma once

#include <spdlog/common.h>

#include <string>
#include <string_view>

// Standard error as systemd's services have it: a stream of the journal. There the journal knows
// the time and the process of each line, and a line that begins with <N> has priority N; see
// sd-daemon(3).
namespace shoal::daemon {

/// Returns true if $JOURNAL_STREAM names what standard error is. Reads the environment: call it
/// before modules are loaded.
bool standard_error_is_journal();

/// Returns the priority of syslog(3) that a line of this level has.
int priority_of(spdlog::level::level_enum level);

/// Returns `<4>` for a warning, and so on.
std::string priority_prefix(spdlog::level::level_enum level);

/// Returns the text as it must be written to standard error: if that is the journal, each of its
/// lines with the prefix.
std::string for_standard_error(spdlog::level::level_enum level, std::string_view text);

}  // namespace shoal::daemon
