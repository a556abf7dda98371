#include "releases/apps/file_bytes.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "releases/apps/bounds.hpp"
#include "releases/apps/copying.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_with(base::Failure reason, const fs::path& path) {
  reason.thing = path.native();
  throw FileError(std::move(reason));
}

[[noreturn]] void fail_to_read(const fs::path& path, int error) {
  throw FileError({.thing = path.native(),
                   .fact = "cannot be read",
                   .error = error,
                   .remedy = "check that the user running shoal may read it"},
                  error);
}

[[noreturn]] void fail_to_open(const fs::path& path, int error) {
  if (error != ENOENT && error != ENOTDIR) fail_to_read(path, error);
  std::error_code none;
  if (fs::is_symlink(fs::symlink_status(path, none))) fail_with(broken_link(), path);
  throw FileError(
      {.thing = path.native(), .fact = "does not exist", .remedy = "build it, or correct the path"},
      error);
}

/// Returns false, with errno, if the file cannot be read. A file that has become shorter ends in
/// zeros.
bool read_data(int file, char* to, off_t end) {
  for (Extent data = next_data(file, 0, end); data.begin < end;
       data = next_data(file, data.end, end)) {
    while (data.begin < data.end) {
      const ssize_t size = ::pread(file, to + data.begin,
                                   static_cast<std::size_t>(data.end - data.begin), data.begin);
      if (size < 0) return false;
      if (size == 0) return true;
      data.begin += size;
    }
  }
  return true;
}

}  // namespace

base::Failure not_a_regular_file() {
  return {.fact = "not a regular file", .remedy = "put a shared object in its place, or remove it"};
}

base::Failure broken_link() {
  return {.fact = "a symbolic link to a file that does not exist",
          .remedy = "correct the link, or remove it"};
}

base::Descriptor open_module_file(const fs::path& path, struct stat& status) {
  base::Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file) fail_to_open(path, errno);
  if (::fstat(file.get(), &status) != 0) fail_to_read(path, errno);
  if (!S_ISREG(status.st_mode)) fail_with(not_a_regular_file(), path);
  if (const auto fault = fault_of_size(status.st_size)) fail_with(*fault, path);
  return file;
}

// The file itself is not mapped: one that is cut short while it is looked at would end the process.
FileBytes::FileBytes(const fs::path& path) {
  struct stat status {};
  const base::Descriptor file = open_module_file(path, status);
  if (status.st_size == 0) return;
  const auto size = static_cast<std::size_t>(status.st_size);
  // Zeros that take no memory until they are written to.
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) fail_to_read(path, errno);
  if (!read_data(file.get(), static_cast<char*>(memory), status.st_size)) {
    const int error = errno;
    ::munmap(memory, size);
    fail_to_read(path, error);
  }
  begin_ = static_cast<char*>(memory);
  size_ = size;
}

FileBytes::~FileBytes() {
  if (size_ != 0) ::munmap(begin_, size_);
}

}  // namespace shoal::releases
