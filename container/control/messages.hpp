#pragma once

#include <nlohmann/json.hpp>
#include <string>

/// What the supervisor and its workers send to each other over a Channel, and what it sends to its
/// deployers as well. Each message is a JSON object; the key "say" holds one of these words. The
/// other words of the deployer are in releases/deployer/: supervisor_messages.hpp and messages.hpp.
namespace shoal::control::message {

// From a worker.
inline constexpr const char* kReady = "ready";      ///< it serves from now on
inline constexpr const char* kFailed = "failed";    ///< it cannot start, "why"; it exits
inline constexpr const char* kReplace = "replace";  ///< it asks to be replaced, "why"

// To a worker or a deployer, and from it.
inline constexpr const char* kQuery = "query";  ///< send a kStatus with this "query"
inline constexpr const char* kStatus =
    "status";  ///< "status"; "query". A deployer without history: no "status"

// To a worker.
inline constexpr const char* kDrain = "drain";  ///< finish the requests, "hand_over", exit

// To a worker or a deployer.
inline constexpr const char* kReopen = "reopen";  ///< open the log files again

}  // namespace shoal::control::message

namespace shoal::control {

/// Returns the line that tells a command, before its answer, what holds the answer up; empty:
/// nothing does any more. The key "hindrance" is for the command's last words, if it gives up.
inline nlohmann::json hindrance_words(const std::string& text) {
  return {{"progress", text.empty() ? "waiting for the answer" : text}, {"hindrance", text}};
}

}  // namespace shoal::control
