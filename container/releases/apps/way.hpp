#pragma once

#include <filesystem>

#include "releases/apps/scan.hpp"

namespace shoal::releases {

/// Notes in `places` and `above` what decides where `path` leads: every symbolic link on the way,
/// and the entry at its end or the first that is not there.
void note_way(const std::filesystem::path& path, Scan& scan);

}  // namespace shoal::releases
