#include "state/failure.hpp"

#include <lmdb.h>

#include <cerrno>
#include <string>

#include "shoal/state.hpp"

namespace shoal::state {
namespace {

std::string explain(int code) {
  const std::string reason = ::mdb_strerror(code);
  switch (code) {
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
      return "is no store of Shoal, or its data.mdb is damaged; stop the container and move it "
             "away, "
             "or name another folder in state.path";
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
    case MDB_BAD_TXN:
      return "is damaged (" + reason +
             "); stop the container and move it away, and it begins with an empty one";
    case MDB_MAP_RESIZED:
      return "was made larger by another process; start this one again with the same state.size";
    case MDB_READERS_FULL:
      return "too many threads read at once; lower workers.threads";
    case ENOSPC:
    case EDQUOT:
      return "the disk is full (" + reason + "); make room there, or name another in state.path";
    case EIO:  // LMDB's word for a write that was cut short, which is mostly a disk that is full
      return "its disk is full, or fails (" + reason +
             "); make room there, or name another in state.path";
    case EACCES:
    case EPERM:
    case EROFS:
      return "cannot be opened (" + reason +
             "); allow the container's user to write there, or name another folder in state.path";
    case ENOMEM:
      return "there are not so many addresses (" + reason + "); lower state.size";
    default:
      return "fails (" + reason + "); see to its disk, or name another folder in state.path";
  }
}

}  // namespace

void check(int code, const std::filesystem::path& path) {
  if (code == MDB_SUCCESS) return;
  if (code == MDB_MAP_FULL) throw Full();
  throw StateError(path.native() + ": " + explain(code));
}

}  // namespace shoal::state
