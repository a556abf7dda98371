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

/// State could not be read or changed; what was stored is as it was before the call. The text names
/// group and key or the store's folder, the fact, and the remedy.
class SHOAL_EXPORT StateError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~StateError() override;
};

/// What a group remembers: keys and values, both any bytes, shared by all modules of the group, its
/// generations and all worker processes. It is there after a reload, a crash and a restart; whether
/// after a power failure, too, says `state.durability` in conf/shoal.yaml.
///
///     const auto number = context.state().add("visits", 1);
///     context.state().set("session:" + id, user, std::chrono::hours(8));
///
/// Safe to call from any thread. Keys belong to the group: another group's are out of reach. Each
/// member is one transaction: nobody sees it half done. Reading waits for nobody; one member at a
/// time writes, in all processes together.
///
/// All members throw StateError when a key or a value is out of bounds, the store is full, or it
/// cannot be read. Those that write throw it while a module is probed: see Context::probing.
class SHOAL_EXPORT State {
 public:
  static constexpr std::size_t kMaxKey = 255;        ///< bytes; a key has at least one
  static constexpr std::size_t kMaxValue = 1 << 20;  ///< bytes

  /// A time to live without end. Every other is at least 1 ms, counts from the call by the system's
  /// clock, and replaces the one that the entry had; afterwards the entry is absent.
  static constexpr auto kForever = std::chrono::milliseconds::max();

  /// Makes the new value from the one that is there; from none when the key is absent.
  using Change = std::function<std::string(std::optional<std::string>)>;

  State(const State&) = delete;
  State& operator=(const State&) = delete;

  virtual std::optional<std::string> get(std::string_view key) const = 0;

  virtual void set(std::string_view key, std::string_view value,
                   std::chrono::milliseconds ttl = kForever) = 0;

  /// Replaces the value by what `change` makes of it, and returns that. Atomic across threads and
  /// processes: no other writes between. What `change` throws goes on to the caller, and nothing
  /// has changed.
  ///
  /// All other writers wait meanwhile, so `change` must be short and wait for nobody. It may read
  /// (and sees what was there before), but a call to a member that writes throws StateError. It is
  /// called a second time if its first result found the store full.
  virtual std::string update(std::string_view key, const Change& change,
                             std::chrono::milliseconds ttl = kForever) = 0;

  /// Adds to the number that is there, 0 when the key is absent, and returns the sum. Stored as
  /// decimal text: `get` after `add("n", 2)` is "2". Throws StateError when what is there is no
  /// number, or the sum is none of 64 bits.
  virtual std::int64_t add(std::string_view key, std::int64_t delta,
                           std::chrono::milliseconds ttl = kForever) = 0;

  /// Whether there was something to erase.
  virtual bool erase(std::string_view key) = 0;

 protected:
  State() = default;
  virtual ~State();
};

}  // namespace shoal
