#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "control/ask_container.hpp"

namespace shoal::commands {

/// Asks the container that uses this run folder for its overview: see status/json.hpp. Throws
/// std::runtime_error, with the remedy, if no container runs there.
inline nlohmann::json ask_status(const std::filesystem::path& run) {
  return control::ask_container(run, {{"ask", "status"}}).at("overview");
}

}  // namespace shoal::commands
