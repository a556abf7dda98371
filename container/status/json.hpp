#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "status/overview.hpp"

namespace shoal::status {

/// Thrown when a key is missing or has a value of another type: `groups[0].loaded: must be a
/// number`.
class JsonError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Writes JSON; nlohmann::json calls it: `json = worker_status`.
///
/// Every string becomes valid UTF-8, invalid bytes replaced by U+FFFD, so that dump() does not
/// throw. Times are seconds since 1970, durations are seconds, sizes are bytes. `latency` has
/// count, sum, p50 and p99 in addition to its buckets. An overview also has the verdict: `healthy`
/// and `findings`, see status/health.hpp.
void to_json(nlohmann::json& json, const WorkerStatus& status);
void to_json(nlohmann::json& json, const DeployerStatus& status);
void to_json(nlohmann::json& json, const Overview& overview);

/// Reads JSON; nlohmann::json calls it: `json.get<WorkerStatus>()`. Throws JsonError, with the path
/// of the value, unless every member of the structs is there, except for std::optional ones.
/// Ignores unknown keys.
void from_json(const nlohmann::json& json, WorkerStatus& status);
void from_json(const nlohmann::json& json, DeployerStatus& status);
void from_json(const nlohmann::json& json, Overview& overview);

/// Returns `text` with each invalid byte replaced by U+FFFD.
std::string as_utf8(std::string_view text);

}  // namespace shoal::status
