#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace shoal::base {

/// How long a lock below the run folder is waited for.
constexpr std::chrono::seconds kLongestLock{10};

/// Takes the exclusive flock(2) of an open file. Waits for it at most `patience`; after the first
/// second tells `waiting` once what it waits for: "waits for the lock that process 12 (cat) holds".
/// Returns nullopt when it has the lock, else why not, for people. The kernel lets go of the lock
/// when all copies of the descriptor are closed, however the process ends.
std::optional<std::string> lock_file(int file, std::chrono::milliseconds patience,
                                     const std::function<void(const std::string&)>& waiting);

/// Names the process that holds a flock of the open file: "process 12 (cat)". "another process"
/// when /proc/locks does not tell.
std::string holder_of_lock(int file);

}  // namespace shoal::base
