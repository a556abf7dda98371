#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include "base/descriptor.hpp"

namespace shoal::base {

/// A folder, or a file in it, cannot be used. The text names the path, the fact and the remedy.
class FolderError : public std::runtime_error {
 public:
  FolderError(const std::string& text, int error) : std::runtime_error(text), error_(error) {}

  /// Returns errno; 0 if no system call failed but the file or folder is not safe to use: another
  /// user could have made it.
  int error() const { return error_; }

 private:
  int error_;
};

/// A folder that only this user, and root, can write to, held by its descriptor. All that lies
/// below it is opened by name: links are not followed, and what belongs to another user is refused.
/// New folders have the mode 0700 and new files 0600, whatever the umask; wider modes of what is
/// this user's own are narrowed. "This user" is the effective one. Safe to use from any thread.
class PrivateFolder {
 public:
  /// Opens the folder at `path`, and makes it and its parents if it does not exist. `path` may
  /// be a link that this user or root has made. An existing folder keeps its mode; it is refused
  /// if another user owns it or may write to it. Throws FolderError.
  static PrivateFolder at(const std::filesystem::path& path);

  /// Opens the folder `name` in this one, and makes it if it does not exist. Throws FolderError.
  PrivateFolder folder(const std::string& name) const;

  /// Opens the regular file `name` in this folder, as open(2) with these flags does. Returns an
  /// empty Descriptor, with errno, if that fails. Throws FolderError if the file is refused; a file
  /// opened for writing is also refused if it has a second name (hard link).
  /// REQUIRES: `flags` is without O_TRUNC, which would truncate the file before the check.
  Descriptor file(const std::string& name, int flags) const;

  const std::filesystem::path& path() const { return path_; }

 private:
  PrivateFolder(std::filesystem::path path, Descriptor opened)
      : path_(std::move(path)), opened_(std::move(opened)) {}

  std::filesystem::path path_;
  Descriptor opened_;
};

/// Returns true if `path` names the open file.
bool names(const std::filesystem::path& path, int file);

}  // namespace shoal::base
