#include "releases/apps/copying.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

namespace shoal::releases {
namespace {

/// Between two looks at whether to go on.
constexpr off_t kPart = off_t{16} << 20;

/// Across file systems, or on one that knows no other way. False at an error, or when the file ends
/// early, which is none: its reader finds out that it was written to.
bool copy_by_hand(int from, int to, Extent part) {
  std::array<char, 128 * 1024> buffer;
  while (part.begin < part.end) {
    const auto most = std::min<off_t>(part.end - part.begin, std::ssize(buffer));
    const ssize_t size = ::pread(from, buffer.data(), static_cast<std::size_t>(most), part.begin);
    if (size <= 0) return size == 0;
    for (ssize_t done = 0; done < size;) {
      const ssize_t written = ::pwrite(to, buffer.data() + done,
                                       static_cast<std::size_t>(size - done), part.begin + done);
      if (written < 0) return false;
      done += written;
    }
    part.begin += size;
  }
  return true;
}

bool copy_part(int from, int to, Extent part) {
  while (part.begin < part.end) {
    off_t read_at = part.begin, write_at = part.begin;
    const ssize_t copied = ::copy_file_range(from, &read_at, to, &write_at,
                                             static_cast<std::size_t>(part.end - part.begin), 0);
    if (copied <= 0) return copy_by_hand(from, to, part);
    part.begin += copied;
  }
  return true;
}

}  // namespace

Extent next_data(int file, off_t at, off_t size) {
  const off_t begin = ::lseek(file, at, SEEK_DATA);
  if (begin < 0) return errno == ENXIO ? Extent{size, size} : Extent{at, size};
  const off_t end = ::lseek(file, begin, SEEK_HOLE);
  return {std::min(begin, size), end < 0 ? size : std::min(end, size)};
}

bool copy_contents(int from, int to, const std::function<void()>& check) {
  if (::ioctl(to, FICLONE, from) == 0) return true;
  struct stat status {};
  if (::fstat(from, &status) != 0) return false;
  const off_t size = status.st_size;
  for (Extent data = next_data(from, 0, size); data.begin < size;
       data = next_data(from, data.end, size)) {
    while (data.begin < data.end) {
      if (check) check();
      const Extent part{data.begin, std::min(data.end, data.begin + kPart)};
      if (!copy_part(from, to, part)) return false;
      data.begin = part.end;
    }
  }
  return ::ftruncate(to, size) == 0;
}

}  // namespace shoal::releases
