#include "state/transaction.hpp"

#include <lmdb.h>

#include <array>
#include <chrono>
#include <cstring>

#include "state/lmdb_error.hpp"

namespace shoal::state {
namespace {

constexpr std::size_t kTimeSize = sizeof(Transaction::Time);

MDB_val val_of(std::string_view bytes) {
  // LMDB only reads these bytes, but its pointer is not to const.
  return {bytes.size(), const_cast<char*>(bytes.data())};
}

std::string_view view_of(const MDB_val& val) {
  return {static_cast<const char*>(val.mv_data), val.mv_size};
}

/// The highest byte first, so that LMDB, which compares bytes, sorts by time.
std::array<char, kTimeSize> bytes_of(Transaction::Time time) {
  std::array<char, kTimeSize> bytes;
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
    *byte = static_cast<char>(time & 0xff);
    time >>= 8;
  }
  return bytes;
}

Transaction::Time time_of(std::string_view bytes) {
  Transaction::Time time = 0;
  for (const char byte : bytes.substr(0, kTimeSize)) {
    time = time << 8 | static_cast<unsigned char>(byte);
  }
  return time;
}

}  // namespace

void Transaction::Abort::operator()(MDB_txn* txn) const { ::mdb_txn_abort(txn); }

Transaction::Transaction(const Environment& environment, Kind kind) : environment_(environment) {
  const unsigned flags = kind == Kind::kRead ? MDB_RDONLY : 0;
  MDB_txn* txn = nullptr;
  int code = ::mdb_txn_begin(environment_.env(), nullptr, flags, &txn);
  if (code == MDB_READERS_FULL) {
    environment_.forget_dead_readers();
    code = ::mdb_txn_begin(environment_.env(), nullptr, flags, &txn);
  }
  require_success(code);
  txn_.reset(txn);
  // Not before: a writer may have waited.
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  now_ = static_cast<Time>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

Transaction::~Transaction() = default;

void Transaction::require_success(int code) const {
  state::require_success(code, environment_.options().path);
}

std::optional<Transaction::Entry> Transaction::entry(std::string_view key) const {
  auto key_val = val_of(key);
  MDB_val found;
  const int code = ::mdb_get(txn_.get(), environment_.entries(), &key_val, &found);
  if (code == MDB_NOTFOUND) return std::nullopt;
  require_success(code);
  const auto bytes = view_of(found);
  if (bytes.size() < kTimeSize) require_success(MDB_CORRUPTED);
  return Entry{time_of(bytes), bytes.substr(kTimeSize)};
}

std::optional<std::string> Transaction::find(std::string_view key) const {
  const auto found = entry(key);
  if (!found || found->expiry <= now_) return std::nullopt;
  return std::string(found->value);
}

void Transaction::put(std::string_view key, std::string_view value, Time expiry) {
  environment_.require_space(value.size());
  if (const auto old = entry(key); old && old->expiry != expiry) forget_expiry(key, old->expiry);
  const auto time = bytes_of(expiry);
  auto key_val = val_of(key);
  MDB_val space{kTimeSize + value.size(), nullptr};
  require_success(::mdb_put(txn_.get(), environment_.entries(), &key_val, &space, MDB_RESERVE));
  std::memcpy(space.mv_data, time.data(), kTimeSize);
  if (!value.empty()) {
    std::memcpy(static_cast<char*>(space.mv_data) + kTimeSize, value.data(), value.size());
  }
  if (expiry == kNever) return;
  auto time_val = val_of({time.data(), time.size()});
  const int code =
      ::mdb_put(txn_.get(), environment_.expiries(), &time_val, &key_val, MDB_NODUPDATA);
  if (code != MDB_KEYEXIST) require_success(code);
}

bool Transaction::erase(std::string_view key) {
  const auto old = entry(key);
  if (!old) return false;
  const Time expiry = old->expiry;
  forget_expiry(key, expiry);
  auto key_val = val_of(key);
  require_success(::mdb_del(txn_.get(), environment_.entries(), &key_val, nullptr));
  return expiry > now_;
}

void Transaction::forget_expiry(std::string_view key, Time expiry) {
  if (expiry == kNever) return;
  const auto time = bytes_of(expiry);
  auto time_val = val_of({time.data(), time.size()});
  auto key_val = val_of(key);
  const int code = ::mdb_del(txn_.get(), environment_.expiries(), &time_val, &key_val);
  if (code != MDB_NOTFOUND) require_success(code);
}

unsigned Transaction::remove_expired(unsigned most) {
  MDB_cursor* cursor = nullptr;
  require_success(::mdb_cursor_open(txn_.get(), environment_.expiries(), &cursor));
  const std::unique_ptr<MDB_cursor, decltype(&::mdb_cursor_close)> closing(cursor,
                                                                           &::mdb_cursor_close);
  unsigned removed = 0;
  for (; removed < most; ++removed) {
    MDB_val time;
    MDB_val key;
    const int code = ::mdb_cursor_get(cursor, &time, &key, MDB_FIRST);
    if (code == MDB_NOTFOUND) break;
    require_success(code);
    if (time_of(view_of(time)) > now_) break;
    const int erased = ::mdb_del(txn_.get(), environment_.entries(), &key, nullptr);
    if (erased != MDB_NOTFOUND) require_success(erased);
    require_success(::mdb_cursor_del(cursor, 0));
  }
  return removed;
}

void Transaction::touch() {
  constexpr std::string_view kNoGroups("\0", 1);
  auto key = val_of(kNoGroups);
  MDB_val nothing{0, nullptr};
  require_success(::mdb_put(txn_.get(), environment_.entries(), &key, &nothing, 0));
  require_success(::mdb_del(txn_.get(), environment_.entries(), &key, nullptr));
}

void Transaction::commit() { require_success(::mdb_txn_commit(txn_.release())); }

}  // namespace shoal::state
