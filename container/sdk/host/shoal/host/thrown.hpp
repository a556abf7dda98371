#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <typeinfo>

#include "shoal/export.hpp"

namespace shoal::host {

/// Where an exception was thrown: return addresses, innermost first.
struct ThrownAt {
  static constexpr std::size_t kMost = 32;

  std::size_t size = 0;  ///< 0: not known
  std::array<std::uintptr_t, kMost> returns{};
};

/// While it lives, the calling thread remembers where it threw its last few exceptions, from the
/// throw down to the function that made this object. Others threads' exceptions are remembered too,
/// with all of their stack, but fewer of them: they may be rethrown in a handler.
class SHOAL_EXPORT ThrowWatch {
 public:
  ThrowWatch() noexcept;
  ~ThrowWatch();
  ThrowWatch(const ThrowWatch&) = delete;
  ThrowWatch& operator=(const ThrowWatch&) = delete;

  /// One exception. Its object tells it from others while it exists; afterwards another one may lie
  /// there, which then has a higher number. Its type is compared and never looked at: it may be
  /// unmapped.
  struct Thrown {
    const void* object;
    const std::type_info* type;
    std::uint64_t number;
    std::size_t size;
    std::array<std::uintptr_t, ThrownAt::kMost> returns;
  };

 private:
  friend struct ThrowWatchAccess;

  // More than one: unwinding runs destructors, and they and catch blocks may throw others.
  static constexpr std::size_t kMost = 8;

  ThrowWatch* const before_;
  const std::uintptr_t stack_;        // where it lies
  std::size_t count_ = 0;             // so many were thrown
  std::array<Thrown, kMost> thrown_;  // not touched before it is used: one is made per request
};

/// Where this exception was first thrown, by whichever thread; a rethrow does not change it. Not
/// known for one that was thrown by a C++ runtime of a module's own (-static-libstdc++), that was
/// made without a throw (std::make_exception_ptr may do so), or that many others have followed.
///
/// Safe to call from any thread. Takes no lock.
SHOAL_EXPORT ThrownAt thrown_at(const std::exception_ptr& exception) noexcept;

}  // namespace shoal::host
