#pragma once

#include <memory>
#include <string>

#include "shoal/state.hpp"
#include "state/transaction.hpp"

namespace shoal::state {

/// The State of one group: its part of a store, as authors of modules see it. Safe to call from any
/// thread.
class GroupState final : public State {
 public:
  /// `environment` may be null only if `read_only`: then there is no store yet.
  GroupState(std::string group, std::shared_ptr<const Environment> environment, bool read_only);

  std::optional<std::string> get(std::string_view key) const override;
  void set(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) override;
  std::string update(std::string_view key, const Change& change,
                     std::chrono::milliseconds ttl) override;
  std::int64_t add(std::string_view key, std::int64_t delta,
                   std::chrono::milliseconds ttl) override;
  bool erase(std::string_view key) override;

 private:
  /// Returns the key of the whole store. Throws StateError if the key is empty or too long.
  std::string key_in_store(std::string_view key) const;
  void require_size(std::string_view key, std::string_view value) const;

  /// Runs `work` in a write transaction, commits it and returns the result. If the store is full,
  /// removes the expired entries and runs `work` once more. Throws StateError.
  template <typename Work>
  auto write(const Work& work) const;
  /// The same, once. Throws StoreFull.
  template <typename Work>
  auto attempt(const Work& work) const;
  void require_writable() const;
  void remove_all_expired() const;

  /// Throws StateError about this key of this group.
  [[noreturn]] void refuse(std::string_view key, const std::string& fact,
                           const std::string& remedy) const;

  const std::string group_;
  const std::shared_ptr<const Environment> environment_;
  const bool read_only_;
};

}  // namespace shoal::state
