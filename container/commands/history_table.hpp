#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace shoal::commands {

/// Returns the table for people of the releases in an answer to `{"ask": "history"}`: a line for
/// each, and its reason on a second line. Times are those of this machine's time zone. Values that
/// are missing or of another type stay empty.
std::string history_table(const nlohmann::json& releases);

}  // namespace shoal::commands
