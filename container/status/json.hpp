#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "status/overview.hpp"

namespace shoal::status {

/// A report that lacks something, or has it in another type: `groups[0].loaded: a number is
/// needed`.
class JsonError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// For nlohmann::json: `json = worker_status`, `json.get<WorkerStatus>()`.
///
/// Every string is valid UTF-8 afterwards, its bad bytes replaced by U+FFFD, so that a later dump()
/// of the json does not throw. Times are seconds since 1970, durations are seconds, sizes bytes.
/// `latency` has count, sum, p50 and p99 besides its buckets. An overview has the verdict besides
/// what it was decided from: `healthy` and `findings`, see status/health.hpp.
void to_json(nlohmann::json& json, const WorkerStatus& status);
void to_json(nlohmann::json& json, const Overview& overview);

/// Throws JsonError, with the path of what is wrong, unless everything is there that the structs
/// in overview.hpp have not marked optional. Keys that are not known are passed over.
void from_json(const nlohmann::json& json, WorkerStatus& status);
void from_json(const nlohmann::json& json, Overview& overview);

/// `text` with each bad byte replaced by U+FFFD.
std::string as_utf8(std::string_view text);

}  // namespace shoal::status
