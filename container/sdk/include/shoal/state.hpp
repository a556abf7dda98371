#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "shoal/export.hpp"

namespace shoal {

/// Thrown when State cannot be read or changed. What is stored is then as it was before the call.
/// The text names the group and the key, or the folder of the store, what is wrong, and the remedy.
class SHOAL_EXPORT StateError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~StateError() override;
};

/// What a group remembers: keys and values of any bytes, shared by all modules of the group, all
/// its generations and all worker processes. It survives a reload, a crash and a restart.
/// `state.durability` in shoal.yaml decides whether it survives a power failure.
///
///     const auto number = context.state().add("visits", 1);
///     context.state().set("session:" + id, user, std::chrono::hours(8));
///
/// Safe to call from any thread. Each group has keys of its own and cannot reach those of another
/// group. Each call is one transaction: other threads and processes see all of it or nothing. A
/// call that reads never waits. Calls that write wait for each other, across all processes.
///
/// All members throw StateError when a key or a value is too long, a key is empty, or the store is
/// full or cannot be read. Those that write also throw it during a trial: see Context::probing.
class SHOAL_EXPORT State {
 public:
  static constexpr std::size_t kMaxKey = 255;        ///< bytes; an empty key is not allowed
  static constexpr std::size_t kMaxValue = 1 << 20;  ///< bytes

  /// The time to live of an entry that does not expire. Any other time to live is at least 1 ms. It
  /// counts from the call, by the system's clock, and replaces the one that the entry had. When it
  /// is over, the entry is absent.
  static constexpr auto kForever = std::chrono::milliseconds::max();

  /// Gets the present value, or nullopt when the key is absent, and returns the new value.
  using Change = std::function<std::string(std::optional<std::string>)>;

  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// Returns the value, or nullopt when the key is absent.
  virtual std::optional<std::string> get(std::string_view key) const = 0;

  /// Stores the value, and replaces the one that is there.
  virtual void set(std::string_view key, std::string_view value,
                   std::chrono::milliseconds ttl = kForever) = 0;

  /// Replaces the value by the result of `change`, and returns that result. Atomic across threads
  /// and processes: no other call writes in between. When `change` throws, nothing is changed, and
  /// the exception reaches the caller.
  ///
  /// All other writers wait until `change` returns, so it must be quick and must not wait for
  /// anything. It may read State, and sees what was there before; a call that writes throws
  /// StateError. `change` is called a second time when the store was full for its first result.
  virtual std::string update(std::string_view key, const Change& change,
                             std::chrono::milliseconds ttl = kForever) = 0;

  /// Adds `delta` to the number that is there, or to 0 when the key is absent, and returns the sum.
  /// The number is stored as decimal text: `get("n")` after `add("n", 2)` returns "2". Throws
  /// StateError when the present value is not a number, or the sum does not fit into 64 bits.
  virtual std::int64_t add(std::string_view key, std::int64_t delta,
                           std::chrono::milliseconds ttl = kForever) = 0;

  /// Removes the entry. Returns true if there was one.
  virtual bool erase(std::string_view key) = 0;

 protected:
  State() = default;
  virtual ~State();
};

}  // namespace shoal
