#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace shoal::base {

/// Returns all bytes of an open file from its beginning, wherever its offset is. Returns nullopt,
/// with errno, when it cannot be read. Works for files of /proc, whose size is 0. Interrupted calls
/// are repeated. Has no bound: check the size of a file that another user may have written.
std::optional<std::string> read_whole(int file);

/// The same for the file at `path`. Does not wait for a FIFO; that cannot be read.
std::optional<std::string> read_whole(const std::filesystem::path& path);

/// Writes all bytes at the file's offset, in as many calls as needed. Returns false, with errno,
/// if that fails; part of the bytes may have been written then. Safe in a signal handler.
bool write_whole(int file, std::string_view bytes) noexcept;

}  // namespace shoal::base
