#pragma once

#include <spdlog/common.h>

#include <string>
#include <string_view>

// Standard error of a systemd service is a stream of the journal. The journal adds time and process
// to each line, and a line that begins with <N> has priority N; see sd-daemon(3).
namespace shoal::control {

/// Returns true if $JOURNAL_STREAM names the file behind standard error. Reads the environment:
/// call it before modules are loaded.
bool standard_error_is_journal();

/// Returns the syslog(3) priority of a level.
int priority_of(spdlog::level::level_enum level);

/// Returns `<4>` for a warning, and so on.
std::string priority_prefix(spdlog::level::level_enum level);

/// Returns the text as it must be written to standard error: with the prefix before each of its
/// lines if standard error is the journal.
std::string for_standard_error(spdlog::level::level_enum level, std::string_view text);

}  // namespace shoal::control
