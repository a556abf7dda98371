#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace shoal::commands {

/// Returns the table for people of the releases in an answer to `{"ask": "history"}`: a line for
/// each, of the attempt that made it what it is. Below it stand its reason, and the other attempts:
/// earlier generations of it, and drops of the same bytes. Times are those of this machine's time
/// zone. Values that are missing or of another type stay empty.
std::string history_table(const nlohmann::json& releases);

}  // namespace shoal::commands
