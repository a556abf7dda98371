#include "state/state_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "base/descriptor.hpp"
#include "base/failure.hpp"
#include "base/private_folder.hpp"
#include "shoal/state.hpp"
#include "state/lmdb_error.hpp"

namespace shoal::state {
namespace {

namespace fs = std::filesystem;
using base::Descriptor;

constexpr const char* kData = "data.mdb";
constexpr unsigned kBytesPerReader = 64;  // a cache line of LMDB's table

bool is_missing(int error) { return error == ENOENT; }

/// LMDB writes to this table through a mapping. With a full disk that would be SIGBUS; with the
/// space allocated before, a full disk is an error here.
void allocate_reader_table(const base::PrivateFolder& folder, unsigned readers) {
  const auto& path = folder.path();
  const Descriptor table = folder.file("lock.mdb", O_RDWR | O_CREAT);
  if (!table) require_success(errno, path);
  // Not posix_fallocate: where the kernel has no fallocate, that writes to the file, which other
  // processes may be writing to.
  if (::fallocate(table.get(), 0, 0, off_t{readers} * kBytesPerReader) == 0) return;
  if (errno != EOPNOTSUPP && errno != ENOSYS) require_success(errno, path);
}

}  // namespace

bool has_store(const fs::path& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) {
    if (!is_missing(errno)) require_success(errno, path);
    return false;
  }
  if (!S_ISDIR(status.st_mode)) {
    base::fail<StateError>({.thing = path.native(),
                            .fact = "is not a folder",
                            .remedy = "name another in state.path"});
  }
  if (::stat((path / kData).c_str(), &status) == 0) return true;
  if (!is_missing(errno)) require_success(errno, path);
  return false;
}

void prepare_folder(const fs::path& path, unsigned readers) try {
  has_store(path);  // throws if it is not a folder
  const auto folder = base::PrivateFolder::at(path);
  // LMDB opens both files by their paths; from here on no other user can put a link there.
  if (!folder.file(kData, O_RDWR) && !is_missing(errno)) require_success(errno, path);
  allocate_reader_table(folder, readers);
} catch (const base::FolderError& error) {
  if (error.error() != 0) require_success(error.error(), path);
  throw StateError(error.what());
}

void prepare_file(const fs::path& path, int file, std::uint64_t used, std::uint64_t size) {
  struct stat status;
  if (::fstat(file, &status) != 0) require_success(errno, path);
  const auto length = static_cast<std::uint64_t>(status.st_size);
  if (length < used) {
    base::fail<StateError>(
        {.thing = path.native(),
         .fact = "is damaged: data.mdb was cut at " + std::to_string(length) + " of " +
                 std::to_string(used) + " bytes",
         .remedy = "stop the container and move the folder away, and it will start with an empty "
                   "store"});
  }
  if (length < size && ::ftruncate(file, static_cast<off_t>(size)) != 0) {
    require_success(errno, path);
  }
}

}  // namespace shoal::state
