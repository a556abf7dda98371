#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "releases/history/release.hpp"

namespace shoal::releases {

inline constexpr const char* kManifest = "manifest.json";

/// Returns the text of `run/releases/GROUP/NUMBER/manifest.json`, format 1:
///
///     {"format": 1, "group": "aquarium", "number": 13,
///      "verdict": "live", "reason": "", "generations": [13, 15],
///      "ban": "none", "crashes": 0, "banned_at": "",
///      "files": [{"module": "aquarium.home", "path": "/srv/apps/aquarium/home.so",
///                 "sha256": "9f86...", "build_id": "c0ff...", "size": 81920}],
///      "attempts": [{"at": "2026-11-28T06:24:25.123Z", "origin": "drop", "who": "mallory",
///                    "generation": 13, "verdict": "live", "reason": ""}]}
///
/// Times are UTC. "verdict", "reason" and "generations" repeat what stands in "attempts", for
/// people. What is not UTF-8 stands once more in hexadecimal digits, as "path_bytes", "who_bytes"
/// and so on (put_text in record_file.hpp).
std::string text_of_manifest(const Release& release);

/// Returns the release that this text describes. Throws std::exception if it is something else, or
/// a name in it would lead out of the release's folder.
Release release_of_manifest(const std::string& text);

/// Stores the origin under the keys "origin" and "who"; the second reads it, and throws
/// std::exception if there is none.
void put_origin(nlohmann::json& object, const Origin& origin);
Origin origin_in(const nlohmann::json& object);

/// Leaves out attempts in the middle when there are too many of them; never the first one, nor the
/// last ones, nor the last live one.
void bound_attempts(Release& release);

}  // namespace shoal::releases
