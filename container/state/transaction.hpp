#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "state/environment.hpp"

struct MDB_txn;

namespace shoal::state {

/// One look at the store, or one change of it: all that `commit` makes true at once, and nothing
/// without it. Used by the thread that made it. Keys are those of the whole store.
class Transaction {
 public:
  enum class Kind { kRead, kWrite };

  /// Milliseconds since 1970; what never expires does so at kNever.
  using Time = std::uint64_t;
  static constexpr Time kNever = UINT64_MAX;

  /// kWrite waits until no other thread or process writes. Throws StateError.
  /// REQUIRES: the environment has its tables and outlives this object.
  Transaction(const Environment& environment, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// When it began: what expires by then is absent from it.
  Time now() const { return now_; }

  std::optional<std::string> find(std::string_view key) const;

  /// Throws Full.
  void put(std::string_view key, std::string_view value, Time expiry);

  /// Whether it was there.
  bool erase(std::string_view key);

  /// Removes at most `most` entries that have expired, oldest first, and returns how many.
  unsigned remove_expired(unsigned most);

  /// Changes nothing, yet counts as a change: what one transaction freed LMDB lets only the next
  /// but one use.
  void touch();

  void commit();

 private:
  /// The time of expiry and the value; nothing where the key is not. The view is valid until the
  /// next change.
  struct Entry {
    Time expiry;
    std::string_view value;
  };
  std::optional<Entry> entry(std::string_view key) const;
  void forget_expiry(std::string_view key, Time expiry);
  void check(int code) const;

  struct Abort {
    void operator()(MDB_txn* txn) const;
  };

  const Environment& environment_;
  Time now_ = 0;
  std::unique_ptr<MDB_txn, Abort> txn_;
};

}  // namespace shoal::state
