#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace shoal::system {

/// Returns every use below `container` of a mutex or lock of the standard library, whose rules
/// Clang cannot check, as `container/state/store.cpp:34: std::unique_lock; use base/mutex.hpp`.
/// `base/mutex.hpp` is left out, and so are `modules` and `fastcgi`, whose locks are not annotated,
/// and mutexes that are template arguments, as in `base_sink<std::mutex>`.
std::vector<std::string> unchecked_locks(const std::filesystem::path& repository);

}  // namespace shoal::system
