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

  /// None when the descriptor is not open.
  static std::optional<Inode> of(int descriptor) {
    struct stat status;
    if (::fstat(descriptor, &status) != 0) return std::nullopt;
    return Inode{status.st_dev, status.st_ino};
  }

  /// Of the path itself, where it is a symbolic link. None when nothing is there.
  static std::optional<Inode> of(const std::filesystem::path& path) {
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
    return Inode{status.st_dev, status.st_ino};
  }
};

}  // namespace shoal::base
