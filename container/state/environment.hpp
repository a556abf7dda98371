#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "state/options.hpp"

struct MDB_env;

namespace shoal::state {

/// A store's file, mapped into this process: its two tables, and how much room is left. Immutable
/// once made; safe to use from any thread.
///
/// REQUIRES: one object per file and process. LMDB's locks are the process's: closing a second one
/// would let go of those of the first.
class Environment {
 public:
  /// Throws StateError.
  explicit Environment(const Options& options);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  const Options& options() const { return options_; }
  MDB_env* env() const { return env_.get(); }

  /// Handles of the tables: group and key -> entry, and time of expiry -> those that expire then.
  unsigned entries() const { return entries_; }
  unsigned expiries() const { return expiries_; }

  /// Whether the tables are there. Only a store that is read may lack them: its maker died early.
  bool has_tables() const { return has_tables_; }

  /// Throws Full unless `bytes` can be written such that there is room left to erase: that takes
  /// pages, too, and without them a full store would stay full for ever.
  /// REQUIRES: the caller's thread is the writer.
  void require_room(std::size_t bytes) const;

  /// Frees the slots of readers that died, whose snapshots keep pages from being used again.
  void forget_dead_readers() const;

 private:
  struct Close {
    void operator()(MDB_env* env) const;
  };

  void open();
  void extend();
  void open_tables();
  std::uint64_t free_pages() const;

  Options options_;
  std::uint64_t page_size_ = 0;
  unsigned entries_ = 0;
  unsigned expiries_ = 0;
  bool has_tables_ = true;
  std::unique_ptr<MDB_env, Close> env_;
};

}  // namespace shoal::state
