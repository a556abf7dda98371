#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.hpp"
#include "generations/publisher.hpp"
#include "releases/freshness/page.hpp"

namespace shoal::generations {

/// Returns true if the snapshot has of this group what its cell says is to be served, or a newer
/// generation: numbers only rise. A cell of which nothing was decided says nothing.
bool is_served(const Snapshot& snapshot, std::string_view group, const releases::Cell& cell);

/// What this process knows of the page's cells. Safe to use from any thread.
class Cells {
 public:
  explicit Cells(std::shared_ptr<const releases::Page> page) : page_(std::move(page)) {}

  /// Returns the index of the group's cell; nullopt as long as there is none.
  std::optional<unsigned> index_of(std::string_view group);

  /// Looks whether every cell is decided and served, if the page or what is held has changed since
  /// it was looked at last.
  void check(const Publisher& publisher);

  /// Returns true if every cell was decided and served when the page had this many changes.
  bool were_good_at(std::uint32_t changes) const {
    return good_at_.load(std::memory_order_acquire) == changes;
  }

 private:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};  // no 32 bits are like it

  bool is_good(unsigned index, const Snapshot& snapshot) SHOAL_REQUIRES(mutex_);

  const std::shared_ptr<const releases::Page> page_;
  std::atomic<std::uint64_t> good_at_ = kNever;
  base::Mutex mutex_;
  std::map<std::string, unsigned, std::less<>> indexes_ SHOAL_GUARDED_BY(mutex_);
  std::uint64_t page_changes_ SHOAL_GUARDED_BY(mutex_) = kNever;
  std::uint64_t held_changes_ SHOAL_GUARDED_BY(mutex_) = kNever;
  /// By index: the generation that was served when it was looked at last. So a check looks up only
  /// the groups that have changed.
  std::vector<std::uint64_t> served_ SHOAL_GUARDED_BY(mutex_);
};

}  // namespace shoal::generations
