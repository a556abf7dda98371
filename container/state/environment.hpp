#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "state/options.hpp"

struct MDB_env;

namespace shoal::state {

/// A store's file, mapped into this process: its two tables, and how much space is left. Immutable
/// once made; safe to use from any thread.
///
/// REQUIRES: one object per file and process. LMDB's file locks belong to the process, so closing a
/// second object would release the locks of the first.
class Environment {
 public:
  /// Throws StateError.
  explicit Environment(const Options& options);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  const Options& options() const { return options_; }
  MDB_env* env() const { return env_.get(); }

  /// Handles of the tables: group and key -> entry, and time of expiry -> keys that expire then.
  unsigned entries() const { return entries_; }
  unsigned expiries() const { return expiries_; }

  /// Returns true if the tables exist. Only a read-only store may lack them: the process that made
  /// it was killed before it had written them.
  bool has_tables() const { return has_tables_; }

  /// Throws StoreFull unless `bytes` can be written with enough pages left to erase entries.
  /// Erasing takes pages, too; without them a full store would stay full for ever.
  /// REQUIRES: the calling thread is in a write transaction.
  void require_space(std::size_t bytes) const;

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
