#include "base/private_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/failure.hpp"
#include "base/user_name.hpp"

namespace shoal::base {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kAllBits = 07777;
constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr mode_t kParentMode = 0755;
constexpr mode_t kWritableByOthers = 0022;

[[noreturn]] void cannot(const fs::path& path, int error) {
  const Failure failure{path.native(), "cannot be written", error,
                        "create it for the container's user, or name another"};
  throw FolderError(failure.text(), error);
}

[[noreturn]] void refuse(const fs::path& path, const std::string& fact, const std::string& remedy) {
  throw FolderError(Failure{path.native(), fact, 0, remedy}.text(), 0);
}

std::string octal(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode & kAllBits);
  return text.data();
}

struct stat status_of(const fs::path& path, int opened) {
  struct stat status {};
  if (::fstat(opened, &status) != 0) cannot(path, errno);
  return status;
}

void require_own(const fs::path& path, const struct stat& status) {
  if (status.st_uid == ::geteuid()) return;
  const std::string self = name_of_user(::geteuid());
  refuse(
      path,
      "belongs to the user " + name_of_user(status.st_uid) + ", and the container runs as " + self,
      "run it as " + name_of_user(status.st_uid) +
          ", or remove what that user has put there and run " + "chown " + self + " " +
          path.native());
}

/// A symbolic link to a folder is accepted, unless another user can change it.
void require_link_of_trusted_user(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return;
  if (status.st_uid == 0 || status.st_uid == ::geteuid()) return;
  refuse(path, "is a link that the user " + name_of_user(status.st_uid) + " has made", "remove it");
}

void make_parents(const fs::path& path) {
  const fs::path parent = path.parent_path();
  std::error_code ignored;
  if (parent.empty() || parent == path || fs::exists(parent, ignored)) return;
  make_parents(parent);
  if (::mkdir(parent.c_str(), kParentMode) != 0 && errno != EEXIST) cannot(parent, errno);
}

void set_mode(const fs::path& path, int opened, mode_t mode, const struct stat& status) {
  if ((status.st_mode & kAllBits) == mode) return;
  if (::fchmod(opened, mode) != 0) cannot(path, errno);
}

}  // namespace

PrivateFolder PrivateFolder::at(const fs::path& given) {
  const fs::path plain = given.has_filename() ? given : given.parent_path();  // "run/" is "run"
  const fs::path path = plain.empty() ? "." : plain;
  require_link_of_trusted_user(path);
  make_parents(path);
  const bool made = ::mkdir(path.c_str(), kFolderMode) == 0;
  const int why_not_made = errno;
  Descriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) cannot(path, errno == ENOENT ? why_not_made : errno);
  const auto status = status_of(path, opened.get());
  require_own(path, status);
  if (made) {
    set_mode(path, opened.get(), kFolderMode, status);
  } else if ((status.st_mode & kWritableByOthers) != 0) {
    refuse(path, "other users may write to it (mode " + octal(status.st_mode) + ")",
           "remove what is not yours there and run chmod go-w " + path.native());
  }
  return {path, std::move(opened)};
}

PrivateFolder PrivateFolder::folder(const std::string& name) const {
  fs::path path = path_ / name;
  if (::mkdirat(opened_.get(), name.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    cannot(path, errno);
  }
  Descriptor opened(
      ::openat(opened_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened) {
    const int error = errno;
    std::error_code ignored;
    if (fs::is_symlink(fs::symlink_status(path, ignored))) refuse(path, "is a link", "remove it");
    cannot(path, error);
  }
  const auto status = status_of(path, opened.get());
  require_own(path, status);
  set_mode(path, opened.get(), kFolderMode, status);
  return {std::move(path), std::move(opened)};
}

Descriptor PrivateFolder::file(const std::string& name, int flags) const {
  const fs::path path = path_ / name;
  // O_NONBLOCK: opening a FIFO of that name must not wait.
  Descriptor opened(::openat(opened_.get(), name.c_str(),
                             flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, kFileMode));
  if (!opened && (errno == ELOOP || errno == ENXIO || errno == EISDIR)) {
    refuse(path, "is not a regular file", "remove it");
  }
  if (!opened) return {};
  const auto status = status_of(path, opened.get());
  if (!S_ISREG(status.st_mode)) refuse(path, "is not a regular file", "remove it");
  require_own(path, status);
  if ((flags & O_ACCMODE) != O_RDONLY && status.st_nlink > 1) {
    refuse(path, "is a hard link to a file that has another name, too", "remove it");
  }
  set_mode(path, opened.get(), kFileMode, status);
  return opened;
}

bool names(const fs::path& path, int file) {
  struct stat named {
  }, opened{};
  return ::stat(path.c_str(), &named) == 0 && ::fstat(file, &opened) == 0 &&
         named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

}  // namespace shoal::base
