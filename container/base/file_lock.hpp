#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace shoal::base {

/// The longest wait for a lock below the run folder.
constexpr std::chrono::seconds kLongestLock{10};

/// Takes the exclusive flock(2) of an open file. Waits for it at most `patience`. After the first
/// second calls `waiting` once with what it waits for: "waits for the lock that process 12 (cat)
/// holds". Returns nullopt if it has taken the lock, else the reason as text. The kernel releases
/// the lock when all copies of the descriptor are closed, however the process ends.
std::optional<std::string> lock_file(int file, std::chrono::milliseconds patience,
                                     const std::function<void(const std::string&)>& waiting);

/// Returns the name of a process that holds a flock of the open file: "process 12 (cat)". If the
/// process that has taken it has ended, returns one that has inherited its descriptor; "another
/// process" if /proc tells of none.
std::string holder_of_lock(int file);

}  // namespace shoal::base
