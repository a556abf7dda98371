#include "state/environment.hpp"

#include <fcntl.h>
#include <lmdb.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "base/failure.hpp"
#include "shoal/state.hpp"
#include "state/lmdb_error.hpp"
#include "state/state_folder.hpp"

namespace shoal::state {
namespace {

constexpr unsigned kReaders = 2048;                  // at the same time, in all processes together
constexpr const char* kEntries = "shoal.1.entries";  // 1: version of the format of entries
constexpr const char* kExpiries = "shoal.1.expiries";

/// What a write needs beyond its value: copies of the pages from the roots of both tables to the
/// leaves.
constexpr std::uint64_t kPagesPerWrite = 16;

struct Abort {
  void operator()(MDB_txn* txn) const { ::mdb_txn_abort(txn); }
};
using Txn = std::unique_ptr<MDB_txn, Abort>;

Txn begin(MDB_env* env, unsigned flags, const std::filesystem::path& path) {
  MDB_txn* txn = nullptr;
  require_success(::mdb_txn_begin(env, nullptr, flags, &txn), path);
  return Txn(txn);
}

MDB_envinfo info_of(MDB_env* env) {
  MDB_envinfo info;
  ::mdb_env_info(env, &info);
  return info;
}

/// The pages that only erasing may use: enough for what two batches of expired entries copy.
std::uint64_t reserve_of(std::uint64_t pages) {
  return std::clamp<std::uint64_t>(pages / 8, 64, 256);
}

}  // namespace

void Environment::Close::operator()(MDB_env* env) const { ::mdb_env_close(env); }

Environment::Environment(const Options& options) : options_(options) {
  try {
    open();
    extend();
    open_tables();
  } catch (const StoreFull&) {
    base::fail<StateError>({.thing = options_.path.native(),
                            .fact = "state.size is too small for a store",
                            .remedy = "raise state.size"});
  }
  forget_dead_readers();
}

Environment::~Environment() {
  // A clean stop leaves all writes on disk; with kProcess the kernel may not have written them yet.
  if (!options_.read_only) ::mdb_env_sync(env(), /*force=*/1);
}

void Environment::open() {
  const auto& path = options_.path;
  if (!options_.read_only) prepare_folder(path, kReaders);
  MDB_env* made = nullptr;
  require_success(::mdb_env_create(&made), path);
  env_.reset(made);
  require_success(::mdb_env_set_maxdbs(made, 2), path);
  require_success(::mdb_env_set_maxreaders(made, kReaders), path);
  // MDB_NOTLS: a thread that writes may read in between. Not MDB_WRITEMAP: a module with a stray
  // pointer must not be able to write to the file.
  unsigned flags = MDB_NOTLS;
  if (options_.read_only) flags |= MDB_RDONLY;
  if (options_.durability == Durability::kProcess) flags |= MDB_NOSYNC;
  require_success(::mdb_env_open(made, path.c_str(), flags, 0600), path);
}

void Environment::extend() {
  const auto& path = options_.path;
  MDB_stat stat;
  require_success(::mdb_env_stat(env(), &stat), path);
  page_size_ = stat.ms_psize;
  const auto info = info_of(env());
  const std::uint64_t used = (info.me_last_pgno + 1) * page_size_;
  int file = -1;
  require_success(::mdb_env_get_fd(env(), &file), path);
  ::fcntl(file, F_SETFD, FD_CLOEXEC);  // LMDB does so for its other descriptors
  if (options_.read_only) return prepare_file(path, file, used, 0);
  // A store that was larger before needs free pages to erase entries, too.
  const std::uint64_t pages = options_.size / page_size_;
  const std::uint64_t size = std::max(pages * page_size_, used + reserve_of(pages) * page_size_);
  require_success(::mdb_env_set_mapsize(env(), size), path);
  prepare_file(path, file, used, size);
}

void Environment::open_tables() {
  const auto& path = options_.path;
  for (const unsigned flags : {unsigned{MDB_RDONLY}, 0U}) {
    // Read-only first: if the tables exist, the start must not wait for a writer.
    auto txn = begin(env(), flags, path);
    const unsigned create = flags == 0 ? MDB_CREATE : 0;
    int code = ::mdb_dbi_open(txn.get(), kEntries, create, &entries_);
    if (code == MDB_SUCCESS) {
      code = ::mdb_dbi_open(txn.get(), kExpiries, create | MDB_DUPSORT, &expiries_);
    }
    if (code == MDB_SUCCESS) return require_success(::mdb_txn_commit(txn.release()), path);
    if (code != MDB_NOTFOUND) require_success(code, path);
    // In this transaction: another process may just have made the tables.
    MDB_dbi all = 0;
    MDB_stat stat;
    require_success(::mdb_dbi_open(txn.get(), nullptr, 0, &all), path);
    require_success(::mdb_stat(txn.get(), all, &stat), path);
    if (stat.ms_entries != 0) require_success(MDB_INVALID, path);  // a table of another program
    if (!options_.read_only) continue;
    has_tables_ = false;
    return;
  }
}

void Environment::require_space(std::size_t bytes) const {
  const std::uint64_t limit = options_.size / page_size_;
  const std::uint64_t used = info_of(env()).me_last_pgno + 1;
  const std::uint64_t needed = kPagesPerWrite + bytes / page_size_ + 1 + reserve_of(limit);
  if (used + needed <= limit) return;
  // Pages that were used before and are free again. Slower, so only when the store is nearly full.
  if (used + needed > limit + free_pages()) throw StoreFull();
}

std::uint64_t Environment::free_pages() const {
  // LMDB lists them in its table 0, which may only be read. Each entry begins with a count.
  const auto txn = begin(env(), MDB_RDONLY, options_.path);
  MDB_cursor* cursor = nullptr;
  require_success(::mdb_cursor_open(txn.get(), 0, &cursor), options_.path);
  const std::unique_ptr<MDB_cursor, decltype(&::mdb_cursor_close)> closing(cursor,
                                                                           &::mdb_cursor_close);
  std::uint64_t sum = 0;
  MDB_val key;
  MDB_val pages;
  while (::mdb_cursor_get(cursor, &key, &pages, MDB_NEXT) == MDB_SUCCESS) {
    std::size_t count = 0;
    if (pages.mv_size >= sizeof(count)) std::memcpy(&count, pages.mv_data, sizeof(count));
    sum += count;
  }
  return sum;
}

void Environment::forget_dead_readers() const {
  int dead = 0;
  ::mdb_reader_check(env(), &dead);
}

}  // namespace shoal::state
