// In a program its own functions come before those of the C library: these ask `kernel`
// first.
#include "unit/releases/apps/kernel.hpp"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>

using shoal::releases::kernel;

extern "C" int inotify_init1(int flags) noexcept {
  if (kernel.grants_inotify) return static_cast<int>(::syscall(SYS_inotify_init1, flags));
  errno = EMFILE;
  return -1;
}

extern "C" int inotify_add_watch(int queue, const char* path, std::uint32_t mask) noexcept {
  if (kernel.watches_left-- > 0) {
    return static_cast<int>(::syscall(SYS_inotify_add_watch, queue, path, mask));
  }
  errno = ENOSPC;
  return -1;
}

extern "C" int statfs(const char* path, struct statfs* status) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_statfs, path, status));
  if (kernel.file_system != 0) status->f_type = kernel.file_system;
  return result;
}

namespace {

bool fails() {
  if (--kernel.failing_rename != 0) return false;
  errno = EACCES;
  return true;
}

}  // namespace

extern "C" int renameat2(int from_folder, const char* from, int to_folder, const char* to,
                         unsigned how) noexcept {
  if (how != 0 && !kernel.exchanges) {
    errno = EINVAL;
    return -1;
  }
  if (fails()) return -1;
  return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, how));
}

extern "C" int rename(const char* from, const char* to) noexcept {
  if (fails()) return -1;
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
