#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

// What keeps the code of a retired generation from being unmapped. All of it is for the loader
// thread.
namespace shoal::generations {

/// Whether a shared object from below `folder` is still mapped, as the dynamic linker sees it.
/// Library's destructor cannot tell: dlclose succeeds also when something keeps the library.
bool still_mapped(const std::filesystem::path& folder);

/// The time since the machine started: what the kernel stamps threads with.
std::chrono::nanoseconds time_since_boot();

/// The threads that modules from below `folder`, opened at `since`, have left behind, as
/// `thread 4711 "fish"`: younger than that, not the container's own (base::OwnThread), and with an
/// address of that code on their stack, or never at rest so that nobody can look. To unmap code
/// under a running thread ends the process.
///
/// Reads /proc/self/task, see proc(5); where the kernel does not tell, finds none.
std::vector<std::string> threads_in(const std::filesystem::path& folder,
                                    std::chrono::nanoseconds since);

}  // namespace shoal::generations
