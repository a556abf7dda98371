#pragma once

#include <sys/stat.h>

#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace shoal::releases {

/// What tells one state of a file from every other. The time of the last status change is part of
/// it because it alone cannot be set by hand: `cp -p`, tar and reproducible builds give new content
/// the old size and time, and a freed inode number is soon used again.
struct Identity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;         ///< bytes
  std::int64_t modified_ns = 0;  ///< since the epoch
  std::int64_t changed_ns = 0;   ///< since the epoch: written, renamed, linked, chmod

  auto operator<=>(const Identity&) const = default;
};

/// One module's file in the apps folder.
struct File {
  std::filesystem::path path;  ///< as found below the apps folder, links not resolved
  Identity identity;

  bool operator==(const File&) const = default;
};

/// Module name -> file: what a group is made of. Two equal sets give equal generations.
using Files = std::map<std::string, File, std::less<>>;

Identity identity_of(const struct stat& status);

/// The identity of what `path` leads to, links followed; none when that is no regular file.
std::optional<Identity> identity_of(const std::filesystem::path& path);

/// How long ago the file was last changed, by the system's clock; zero when that lies in the
/// future.
std::chrono::nanoseconds age_of(const Identity& identity);

}  // namespace shoal::releases
