#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace shoal::system {

/// Returns every use below `container` of a mutex or lock of the standard library, as
/// `container/state/store.cpp:34: std::unique_lock; use base/mutex.hpp`: Clang cannot check its
/// rules. `base/mutex.hpp`, `modules` and `fastcgi` are left out.
std::vector<std::string> unchecked_locks(const std::filesystem::path& repository);

}  // namespace shoal::system
