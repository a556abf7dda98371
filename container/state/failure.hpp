#pragma once

#include <filesystem>

namespace shoal::state {

/// What was to be written found no room. Caught within this room, where the remedy is tried.
struct Full {};

/// Throws what an error of LMDB or of the system stands for: Full, or StateError with path, fact
/// and remedy. Returns when `code` is none.
void check(int code, const std::filesystem::path& path);

}  // namespace shoal::state
