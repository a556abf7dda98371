#pragma once

#include <filesystem>

namespace shoal::state {

/// Thrown when the store has no space for a write. Never leaves this component: GroupState removes
/// expired entries, tries again, and then throws StateError.
struct StoreFull {};

/// Returns if `code` is 0, the success of LMDB and of the system. Else throws StoreFull, or
/// StateError with the path, the fact and the remedy.
void require_success(int code, const std::filesystem::path& path);

}  // namespace shoal::state
