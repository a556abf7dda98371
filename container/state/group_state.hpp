#pragma once

#include <memory>
#include <string>

#include "shoal/state.hpp"
#include "state/transaction.hpp"

namespace shoal::state {

/// The State of one group: its part of a store, as authors see it.
class GroupState final : public State {
 public:
  /// `environment` is null when nothing is there yet, which only who reads may find.
  GroupState(std::string group, std::shared_ptr<const Environment> environment, bool read_only);

  std::optional<std::string> get(std::string_view key) const override;
  void set(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) override;
  std::string update(std::string_view key, const Change& change,
                     std::chrono::milliseconds ttl) override;
  std::int64_t add(std::string_view key, std::int64_t delta,
                   std::chrono::milliseconds ttl) override;
  bool erase(std::string_view key) override;

 private:
  /// The key as the store has it. Throws StateError when it is out of bounds.
  std::string key_in_store(std::string_view key) const;
  void require_size(std::string_view key, std::string_view value) const;

  /// Runs `work`, which gets the transaction, and commits. A store that is full is rid of what has
  /// expired, and `work` runs again.
  template <typename Work>
  auto write(const Work& work) const;
  template <typename Work>
  auto attempt(const Work& work) const;
  void require_writable() const;
  void remove_all_expired() const;

  [[noreturn]] void refuse(std::string_view key, const std::string& why) const;

  const std::string group_;
  const std::shared_ptr<const Environment> environment_;
  const bool read_only_;
};

}  // namespace shoal::state
