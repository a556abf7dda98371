#include "fastcgi/body_file.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace shoal::fastcgi {

namespace {

[[noreturn]] void fail_with_errno(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

/// For a file system without O_TMPFILE, such as NFS or overlayfs on old kernels.
int make_and_unlink(const std::filesystem::path& folder) {
  std::string name = (folder / "body-XXXXXX").string();
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file >= 0) ::unlink(name.c_str());
  return file;
}

base::Descriptor nameless_file(const std::filesystem::path& folder) {
  int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
  // EISDIR: the kernel or the file system does not know the flag.
  if (file < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == ENOSYS))
    file = make_and_unlink(folder);
  if (file < 0) fail_with_errno("open");
  return base::Descriptor(file);
}

}  // namespace

bool BodyBudget::take(std::uint64_t bytes) {
  std::uint64_t taken = taken_.load(std::memory_order_relaxed);
  do {
    if (bytes > bytes_ - taken) return false;
  } while (!taken_.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
  return true;
}

void BodyBudget::give_back(std::uint64_t bytes) {
  taken_.fetch_sub(bytes, std::memory_order_relaxed);
}

BodyFile::BodyFile(const std::filesystem::path& folder) : file_(nameless_file(folder)) {}

BodyFile::BodyFile(base::Descriptor file) : file_(std::move(file)) {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) fail_with_errno("fstat");
  size_ = static_cast<std::uint64_t>(status.st_size);
}

void BodyFile::append(std::string_view bytes) {
  std::uint64_t at = size_;
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_with_errno("pwrite");
    at += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  size_ = at;  // what a failed call has written in part does not count
}

std::size_t BodyFile::read(std::uint64_t offset, std::span<char> buffer) const {
  if (offset >= size_) return 0;
  buffer = buffer.first(
      static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size_ - offset)));
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const auto rest = buffer.subspan(filled);
    const ssize_t got =
        ::pread(file_.get(), rest.data(), rest.size(), static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_with_errno("pread");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

}  // namespace shoal::fastcgi
