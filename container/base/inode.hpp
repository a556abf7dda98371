#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <optional>

namespace shoal::base {

/// Which file or socket it is, whatever path or descriptor number leads to it.
struct Inode {
  dev_t device;
  ino_t number;

  bool operator==(const Inode&) const = default;

  /// Returns the inode of the open file; nullopt if the descriptor is not open.
  static std::optional<Inode> of(int descriptor) {
    struct stat status;
    if (::fstat(descriptor, &status) != 0) return std::nullopt;
    return Inode{status.st_dev, status.st_ino};
  }

  /// Returns the inode at the path; nullopt if nothing is there. Does not follow a symbolic link.
  static std::optional<Inode> of(const std::filesystem::path& path) {
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
    return Inode{status.st_dev, status.st_ino};
  }
};

}  // namespace shoal::base
