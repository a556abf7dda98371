#include "state/folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/descriptor.hpp"
#include "base/private_folder.hpp"
#include "shoal/state.hpp"
#include "state/failure.hpp"

namespace shoal::state {
namespace {

namespace fs = std::filesystem;
using base::Descriptor;

constexpr const char* kData = "data.mdb";
constexpr unsigned kBytesPerReader = 64;  // a cache line of LMDB's table

bool is_missing(int error) { return error == ENOENT; }

/// LMDB writes to this table through a mapping. Were the disk full then, that would be SIGBUS; now
/// it is an error.
void take_room_for_readers(const base::PrivateFolder& folder, unsigned readers) {
  const auto& path = folder.path();
  const Descriptor table = folder.file("lock.mdb", O_RDWR | O_CREAT);
  if (!table) check(errno, path);
  // No posix_fallocate: where the kernel cannot, that writes, and others may be writing, too.
  if (::fallocate(table.get(), 0, 0, off_t{readers} * kBytesPerReader) == 0) return;
  if (errno != EOPNOTSUPP && errno != ENOSYS) check(errno, path);
}

}  // namespace

bool has_store(const fs::path& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) {
    if (!is_missing(errno)) check(errno, path);
    return false;
  }
  if (!S_ISDIR(status.st_mode)) {
    throw StateError(path.native() + ": is not a folder; name another in state.path");
  }
  if (::stat((path / kData).c_str(), &status) == 0) return true;
  if (!is_missing(errno)) check(errno, path);
  return false;
}

void prepare_folder(const fs::path& path, unsigned readers) try {
  has_store(path);  // says so when it is something else than a folder
  const auto folder = base::PrivateFolder::at(path);
  // LMDB opens both by their paths; from here on no other user can put a link there.
  if (!folder.file(kData, O_RDWR) && !is_missing(errno)) check(errno, path);
  take_room_for_readers(folder, readers);
} catch (const base::FolderError& error) {
  if (error.error() != 0) check(error.error(), path);
  throw StateError(error.what());
}

void prepare_file(const fs::path& path, int file, std::uint64_t used, std::uint64_t size) {
  struct stat status;
  if (::fstat(file, &status) != 0) check(errno, path);
  const auto there = static_cast<std::uint64_t>(status.st_size);
  if (there < used) {
    throw StateError(
        path.native() + ": is damaged: data.mdb was cut at " + std::to_string(there) + " of " +
        std::to_string(used) +
        " bytes; stop the container and move it away, and it begins with an empty one");
  }
  if (there < size && ::ftruncate(file, static_cast<off_t>(size)) != 0) check(errno, path);
}

}  // namespace shoal::state
