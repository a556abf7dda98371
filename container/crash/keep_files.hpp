#pragma once

#include <cstdint>
#include <filesystem>

#include "crash/read_report.hpp"

namespace shoal::crash {

/// The most that all kept files of a container may take: 1 GiB.
inline constexpr std::uintmax_t kMostKeptBytes = std::uintmax_t{1} << 30;

/// Keeps what a debugger needs for a core dump of the process that crashed: links the files of the
/// generation at fault, a folder of `stages`, into `<UTC time>-<pid>.files` beside the report, and
/// appends to the report the command that opens a core dump with them. The stage stays: other
/// workers use it. Keeps nothing when `report.code` is not a file in a folder of `stages`.
///
/// Removes the files of reports that no longer exist, then the oldest files until all take at most
/// `most` bytes. Throws only std::bad_alloc. Not safe to call from two threads for one folder.
void keep_files(const Report& report, const std::filesystem::path& folder,
                const std::filesystem::path& stages, std::uintmax_t most = kMostKeptBytes);

}  // namespace shoal::crash
