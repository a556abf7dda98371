#pragma once

/// What the supervisor and its workers send to each other over a Channel. Each message is a JSON
/// object; the key "say" holds one of these words.
namespace shoal::control::message {

// From a worker.
inline constexpr const char* kReady = "ready";        ///< it serves from now on
inline constexpr const char* kFailed = "failed";      ///< it cannot start, "why"; it exits
inline constexpr const char* kUnserved = "unserved";  ///< "groups" that have no generation
inline constexpr const char* kReplace = "replace";    ///< it asks to be replaced, "why"
inline constexpr const char* kStatus = "status";  ///< "status": see status::WorkerStatus; "query"

// From the supervisor.
inline constexpr const char* kQuery = "query";    ///< send a kStatus with this "query"
inline constexpr const char* kDrain = "drain";    ///< finish the requests, "hand_over", exit
inline constexpr const char* kReopen = "reopen";  ///< open the log files again
inline constexpr const char* kReconsider = "reconsider";  ///< read the ledger page of "group"

}  // namespace shoal::control::message
