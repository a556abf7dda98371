#pragma once

#include <cstdint>
#include <filesystem>

#include "crash/read_report.hpp"

namespace shoal::crash {

/// The files kept beside all reports of a container take 1 GiB at most.
inline constexpr std::uintmax_t kMostKeptBytes = std::uintmax_t{1} << 30;

/// Keeps what a debugger needs for a core of the process that died: moves the files of the
/// generation at fault, from `stages`, to `<UTC time>-<pid>.files` beside the report, and adds to
/// the report the command that opens a core with them.
///
/// Removes the files of reports that are gone and then, oldest first, what exceeds `most` bytes.
/// Moves nothing when `report.code` is not a file two folders below `stages`. Throws nothing but
/// std::bad_alloc. Not safe to call from two threads for one folder.
void keep_files(const Report& report, const std::filesystem::path& folder,
                const std::filesystem::path& stages, std::uintmax_t most = kMostKeptBytes);

}  // namespace shoal::crash
