#pragma once

#include <filesystem>

#include "modules/scan.hpp"

namespace shoal::modules {

/// Notes in `places` and `above` what decides where `path` leads: every symbolic link on the way,
/// and the entry at its end or the first that is not there.
void note_way(const std::filesystem::path& path, Scan& scan);

}  // namespace shoal::modules
