#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "state/environment.hpp"

struct MDB_txn;

namespace shoal::state {

/// A snapshot of the store to read from, or a change of the store: `commit` makes all of the change
/// visible at once; without it nothing changes. Use it in the thread that made it. A key here is
/// the key of the whole store: group, NUL and the group's own key.
class Transaction {
 public:
  enum class Kind { kRead, kWrite };

  /// Milliseconds since 1970. An entry that never expires has kNever.
  using Time = std::uint64_t;
  static constexpr Time kNever = UINT64_MAX;

  /// kWrite waits until no other thread or process writes, without a bound. Throws StateError.
  /// REQUIRES: the environment has its tables and outlives this object.
  Transaction(const Environment& environment, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Returns the time when the transaction began. An entry whose time of expiry is not later counts
  /// as absent.
  Time now() const { return now_; }

  /// Returns the value; nullopt if the key is absent or has expired.
  std::optional<std::string> find(std::string_view key) const;

  /// Throws StoreFull.
  void put(std::string_view key, std::string_view value, Time expiry);

  /// Returns true if the key was there and had not expired.
  bool erase(std::string_view key);

  /// Removes at most `most` expired entries, the longest expired first. Returns how many it
  /// removed.
  unsigned remove_expired(unsigned most);

  /// Changes nothing, but makes `commit` count as a change. LMDB lets the next but one transaction
  /// use the pages that one has freed.
  void touch();

  void commit();

 private:
  /// `value` is valid until the next change.
  struct Entry {
    Time expiry;
    std::string_view value;
  };
  /// Returns the entry, expired or not; nullopt if the key is absent.
  std::optional<Entry> entry(std::string_view key) const;
  void forget_expiry(std::string_view key, Time expiry);
  void require_success(int code) const;

  struct Abort {
    void operator()(MDB_txn* txn) const;
  };

  const Environment& environment_;
  Time now_ = 0;
  std::unique_ptr<MDB_txn, Abort> txn_;
};

}  // namespace shoal::state
