#include "state/lmdb_error.hpp"

#include <lmdb.h>

#include <cerrno>
#include <string>

#include "base/failure.hpp"
#include "shoal/state.hpp"

namespace shoal::state {
namespace {

/// A fact and a remedy for an error of LMDB or of the system; `shows_reason` adds what LMDB calls
/// the error.
struct Explanation {
  const char* fact;
  bool shows_reason;
  const char* remedy;
};

Explanation explain(int code) {
  switch (code) {
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
      return {"is not a store of Shoal, or its data.mdb is damaged", false,
              "stop the container and move the folder away, or name another folder in state.path"};
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
    case MDB_BAD_TXN:
      return {"is damaged", true,
              "stop the container and move the folder away, and it will start with an empty store"};
    case MDB_MAP_RESIZED:
      return {"was made larger by another process", false,
              "restart this process with the same state.size as the other"};
    case MDB_READERS_FULL:
      return {"too many threads read at the same time", false, "lower workers.threads"};
    case ENOSPC:
    case EDQUOT:
      return {"the disk is full", true,
              "free disk space there, or name another folder in state.path"};
    case EIO:  // also what LMDB reports for a short write, which is mostly a full disk
      return {"its disk is full or fails", true,
              "free disk space there, or name another folder in state.path"};
    case EACCES:
    case EPERM:
    case EROFS:
      return {"cannot be opened", true,
              "allow the container's user to write there, or name another folder in state.path"};
    case ENOMEM:
      return {"not enough address space", true, "lower state.size"};
    default:
      return {"cannot be read or written", true,
              "check its disk, or name another folder in state.path"};
  }
}

}  // namespace

void require_success(int code, const std::filesystem::path& path) {
  if (code == MDB_SUCCESS) return;
  if (code == MDB_MAP_FULL) throw StoreFull();
  const auto [fact, shows_reason, remedy] = explain(code);
  // Not Failure::error: LMDB has error codes of its own, and names those of the system, too.
  const std::string reason = shows_reason ? std::string(" (") + ::mdb_strerror(code) + ")" : "";
  base::fail<StateError>({.thing = path.native(), .fact = fact + reason, .remedy = remedy});
}

}  // namespace shoal::state
